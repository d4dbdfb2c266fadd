"""HTTP: the Starlette application, requests, answers, the server."""
