"""Modules that are written beside imported flows, for what has no element here."""
