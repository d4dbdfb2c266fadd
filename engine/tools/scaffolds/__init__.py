"""`engine new`: a first flow with its test."""
