"""GraphQL over the records: types from declarations, one SQL statement a root field, bytes through.

`types.py` derives the types, `selection.py` reads what is asked, `plan.py` turns it into SQL with
the caller's predicates inside, `executor.py` runs it, `endpoint.py` is the HTTP edge.
"""
