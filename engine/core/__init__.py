"""What runs: events, elements, chains, flows, errors."""
