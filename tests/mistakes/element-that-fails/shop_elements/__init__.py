"""Elements of a shop that is closed."""
