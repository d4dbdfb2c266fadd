"""APIs described by an OpenAPI file."""
