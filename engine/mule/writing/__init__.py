"""Flow files as text, with comments, in the order in which they were made."""
