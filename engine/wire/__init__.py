"""HTTP/1.1 over connections: limits on callers before a flow is asked, and the server that listens."""
