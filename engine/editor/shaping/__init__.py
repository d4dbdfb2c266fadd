"""Finds the shapes of payloads and variables: from schemas, APIs, test cases, and the steps before."""
