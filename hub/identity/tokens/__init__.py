"""From a presented token to verified claims, and what is kept of those that held."""
