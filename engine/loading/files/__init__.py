"""YAML files as data that knows its places."""
