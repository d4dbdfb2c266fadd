"""Over HTTP: Starlette application, requests, answers, the server."""
