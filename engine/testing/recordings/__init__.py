"""Requests that are written down as cases."""
