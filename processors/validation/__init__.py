"""Validators: void when the rule holds, an error of their own when not."""
