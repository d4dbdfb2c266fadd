"""`engine test`: cases, coverage, mutations, chaos."""
