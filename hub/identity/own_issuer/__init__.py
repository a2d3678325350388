"""The embedded issuer: its keys, its clients, and the endpoints that give and take back tokens."""
