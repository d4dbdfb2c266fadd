"""The parts that run: processors, chains, scopes, flows and error handlers, and how they work together."""
