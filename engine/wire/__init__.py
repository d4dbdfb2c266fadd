"""HTTP/1.1 over connections: what a caller may do before a flow is asked, and the server that listens."""
