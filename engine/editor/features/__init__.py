"""Features of the protocol: its types on one side, the modules of this room on the other."""
