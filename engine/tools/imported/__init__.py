"""`engine import`."""
