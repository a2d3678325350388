"""The root field `explainAccess`: which agreement opens a field of a record, or would."""
