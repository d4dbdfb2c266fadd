"""What a case expects: values, matchers, calls, and how they are shown."""
