"""What an editor offers to do with a text: fixes of mistakes, and changes that keep what flows do."""
