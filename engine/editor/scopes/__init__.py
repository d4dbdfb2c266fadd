"""What names mean inside of expressions: the shapes of values, and which one stands at a place."""
