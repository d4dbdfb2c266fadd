"""Validators: void if the rule holds, otherwise an error of their own."""
