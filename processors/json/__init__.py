"""JSON: its schemas."""
