"""What flows answer, as an OpenAPI document: derived without running them."""
