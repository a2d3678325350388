"""The queue of texts that curators decide, in GraphQL."""
