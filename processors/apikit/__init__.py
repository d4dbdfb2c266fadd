"""APIs that an OpenAPI file describes."""
