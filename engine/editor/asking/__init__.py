"""What is asked about a place of a file: what may stand there, what is known of it."""
