"""What a file that may not parse looks like: maps, lists and texts, by lines and indentation."""
