"""An OpenAPI document of what flows answer, and the page that shows it."""
