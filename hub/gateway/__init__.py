"""GraphQL over the records: types from declarations, one SQL statement a root field, bytes through.

`types.py` derives the types. A question comes in at `endpoint.py`; `documents.py` parses and
validates it, `roots.py` has its record fields planned: `selection.py` reads what is asked,
`plan.py` turns it into SQL with the caller's predicates inside. `executor.py` runs the plans.
"""
