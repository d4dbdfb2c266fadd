"""The OpenAPI document of flows, and the page that shows it."""
