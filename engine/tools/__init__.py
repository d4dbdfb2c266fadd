"""What people use: the command line, manual pages, running examples."""
