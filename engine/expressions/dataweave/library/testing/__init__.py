"""The module of DataWeave for tests."""
