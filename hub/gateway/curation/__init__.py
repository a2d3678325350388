"""The queue of texts that curators decide, in GraphQL.

Its rules are `hub/curation/`; its desk is `desks/review.py`.
"""
