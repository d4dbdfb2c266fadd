"""How Mule's elements become ours: rules, and the run over an application that applies them."""
