"""What tests passed of the flows, and what they could pass."""
