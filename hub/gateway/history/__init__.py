"""The root field `history`: all versions of a record."""
