"""From YAML files to the parts of an application."""
