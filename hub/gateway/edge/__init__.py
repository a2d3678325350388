"""GraphQL over HTTP and WebSocket. `endpoint.py` has the way of every request."""
