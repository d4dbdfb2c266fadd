"""Values that flows carry (events, messages, streams, errors), and their media types and statuses."""
