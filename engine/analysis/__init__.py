"""What is known of flows without running them: what they read, answer and ask for."""
