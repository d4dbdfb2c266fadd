"""MUnit's tests as test files."""
