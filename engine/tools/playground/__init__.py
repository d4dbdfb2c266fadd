"""Prompts at which people try expressions, and flows step by step."""
