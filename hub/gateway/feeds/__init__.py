"""Feeds in GraphQL: how they stand, and what their agencies may do with them."""
