"""Submissions in GraphQL and over HTTP."""
