"""What is known of Mule applications, and how they become flows."""
