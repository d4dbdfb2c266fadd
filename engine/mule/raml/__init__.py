"""Turns an API in RAML 1.0 into OpenAPI, as far as applications use it."""
