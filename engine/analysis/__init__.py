"""Analyses flows without running them: their inputs, answers and requirements."""
