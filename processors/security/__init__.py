"""Elements of the namespace security: who a caller is, and what it may do."""
