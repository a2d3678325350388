"""The review queue: texts the resolver leaves open, and what curators decide of them."""
