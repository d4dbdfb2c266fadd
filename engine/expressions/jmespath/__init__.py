"""JMESPath with what flows need on top, compiled to Python."""
