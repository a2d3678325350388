"""Values as cells of a table, and which texts a spreadsheet would take for more than text."""

import unicodedata

import orjson

from hub.gateway.export.columns import Kind

TEXT_KINDS = frozenset({Kind.TEXT, Kind.TEXTS, Kind.JSON})
"""Kinds of column whose cells hold words; those of the others can't be mistaken for a formula."""

_SIGNS = frozenset("=+-@'\"\N{MINUS SIGN}")


def text_of(kind: Kind, value: object) -> str:
    """Write a value of a kind of text as text: a list or an object as JSON."""
    return str(value) if kind is Kind.TEXT else orjson.dumps(value).decode()


def is_risky(text: str) -> bool:
    """Tell a text that a spreadsheet may read as a formula, or would after trimming it.

    Source: OWASP, CSV injection. That includes what it normalises to those signs, such as those of
    full width, any blank or invisible sign before them, and quotes, so that a guard can be undone.
    """
    if not text:
        return False
    first = unicodedata.normalize("NFKC", text[0])[0]
    return first in _SIGNS or first.isspace() or unicodedata.category(first).startswith("C")
