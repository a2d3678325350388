"""GraphQL over the records: types from declarations, one SQL statement a root field, bytes through.

A question comes in at `edge/`, or goes the short way through `hot/`. `questions/` reads, measures
and validates it; `execution/` has its record fields planned and runs the plans; `planning/` makes
each one statement with the caller's predicates inside. The other rooms hold a root field or a few
of one kind: `fields.py` has their resolvers, `types.py` what they say. `desks/` is what mutations
work with. `schema.py` puts all of it together; `types.py` derives the records' types.
"""
