"""The types of elements' parameters, read when flow files are loaded, and the mistakes in them."""
