"""What runs: processors, chains, scopes, flows, error handlers, and what they do together."""
