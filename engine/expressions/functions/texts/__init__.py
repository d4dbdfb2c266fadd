"""Texts and patterns."""
