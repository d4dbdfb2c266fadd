"""Lines above names: run this, and what came of it."""
