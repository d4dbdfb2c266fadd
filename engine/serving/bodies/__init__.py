"""Bodies of requests as they come: pieces, records, forms."""
