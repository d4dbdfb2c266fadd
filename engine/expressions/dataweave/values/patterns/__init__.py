"""Java's patterns of numbers and dates, as `format` in `as` takes them."""
