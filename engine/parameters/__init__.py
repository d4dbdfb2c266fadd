"""What elements declare: the types of their parameters, read when flow files are loaded, and the mistakes in them."""
