"""Mule's XML as a tree that knows its lines and keeps its comments."""
