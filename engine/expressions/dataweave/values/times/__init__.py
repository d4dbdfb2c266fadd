"""Dates, times, zones and periods."""
