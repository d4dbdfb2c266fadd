"""What flows carry: events, messages, streams, errors; and what is known of them: media types, statuses."""
