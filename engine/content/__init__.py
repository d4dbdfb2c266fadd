"""Converts bodies to values, and values to bodies, by media type."""
