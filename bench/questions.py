"""The two questions that every server of the bench answers on the same rows, each in its own words.

They are pages of one origin's notices, so that fifty rows come wherever a page starts.
"""

import orjson

FIELDS = {
    "flat": "key origin kind status title nativeStatus legalFact reasonText",
    "nested": """key status title reasonText holder { name }
        product { name ingredients(first: 5) { nativeText substance { inn } } }""",
}
"""50 rows of 8 fields; 50 rows with 5 others of 2 fields below them."""

_ROOTS = {
    "hub": """query Notices($origin: Origin!, $after: String) {
        supplyNotices(first: 50, after: $after, filter: {origin: {eq: $origin}})""",
    "postgraphile": """query Notices($origin: String!, $after: Cursor) {
        supplyNotices: allSupplyNotices(first: 50, after: $after, condition: {origin: $origin})""",
    "mercurius": """query Notices($origin: String!, $after: String) {
        supplyNotices(first: 50, after: $after, origin: $origin)""",
}
_ROOTS["plain"] = _ROOTS["mercurius"]


def question(kind: str, name: str, more: str = "") -> str:
    """Write a question as a server wants it, with more asked of the connection."""
    return f"{_ROOTS[kind]} {{ nodes {{ {FIELDS[name]} }} {more} }} }}"


def body(text: str, variables: dict[str, str] | None = None) -> bytes:
    """Write a question as the body of a POST."""
    return orjson.dumps({"query": text} | ({"variables": variables} if variables else {}))
