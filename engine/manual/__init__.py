"""Pages to read: elements, functions, mistakes, flows."""
