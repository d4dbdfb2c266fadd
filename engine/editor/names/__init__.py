"""Names in flow files: where each is defined, and where it is mentioned."""
