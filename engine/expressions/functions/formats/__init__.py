"""read and write: JSON, CSV, XML, YAML, NDJSON, forms."""
