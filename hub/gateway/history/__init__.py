"""The root field `history`: all versions of a record.

`plan.py` makes its one statement, with the caller's predicates for each version. What changed in
the alliance as a whole is `changes/`.
"""
