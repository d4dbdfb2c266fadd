"""Stores keep values between events, in memory and in SQLite."""
