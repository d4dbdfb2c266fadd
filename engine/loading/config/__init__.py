"""What an application is configured with from outside of its flow files: environments, secrets, providers."""
