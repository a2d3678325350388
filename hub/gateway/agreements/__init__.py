"""Agreements, the alliance's mode and its balance of give and take, in GraphQL."""
