"""Completion: what may be written at a place of a flow file or test file."""
