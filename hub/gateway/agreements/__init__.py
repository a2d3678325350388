"""Agreements, the alliance's mode and its balance of give and take, in GraphQL.

`fields.py` has the steps of an agreement's life, `modes.py` the votes, `reciprocity.py` the
balance. The rules of all three are `hub/agreements/` and `hub/policy/reciprocity.py`.
"""
