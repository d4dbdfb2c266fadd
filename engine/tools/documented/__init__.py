"""`engine docs`: a site of the pages of docs/, with a reference that is derived from the code."""
