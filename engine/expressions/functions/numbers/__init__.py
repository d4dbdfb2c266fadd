"""Numbers, exact and rounded."""
