"""Elements of a shop that counts."""
