"""Tracing: what log lines tell of an event, and its correlation id."""
