"""What the engine tells OpenTelemetry. Nothing else needs the extra `[otel]`."""
