"""Payloads that are made from schemas, and the smallest one that fails."""
