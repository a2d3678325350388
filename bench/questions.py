"""The two questions every server of the bench answers, on the same rows."""

import orjson

FLAT = """
{ supplyNotices(first: 50) { nodes {
  key origin kind status title nativeStatus legalFact reasonText } } }
"""

NESTED = """
{ supplyNotices(first: 50) { nodes {
  key status title reasonText
  holder { name }
  product { name ingredients(first: 5) { nativeText substance { inn } } } } } }
"""


def body(question: str) -> bytes:
    """Write a question as the body of a POST."""
    return orjson.dumps({"query": question})
