"""Queues between flows."""
