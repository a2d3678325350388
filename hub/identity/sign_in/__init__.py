"""People: signing in at their agency's provider, and their sessions."""
