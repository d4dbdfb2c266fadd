"""`engine package`: the flows, what they need and how they are started, as a wheel or a folder."""
