"""Trusted issuers in GraphQL."""
