"""What an import tells: gaps, notes, counts, as text, JSON and HTML."""
