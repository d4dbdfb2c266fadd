"""Bodies as values, and values as bodies, by media type."""
