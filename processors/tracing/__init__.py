"""Tracing: the values in an event's log lines, and its correlation id."""
