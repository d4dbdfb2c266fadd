"""MUnit: tests of Mule applications become test files."""
