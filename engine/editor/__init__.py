"""The language server: help for those who write flows in an editor."""
