"""The commands about configuration: the effective one, and encrypted values."""
