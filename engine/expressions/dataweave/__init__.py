"""DataWeave 2: scripts of Mule applications, compiled to Python."""
