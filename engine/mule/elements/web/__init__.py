"""The rules of HTTP, TLS and APIkit."""
