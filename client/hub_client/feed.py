"""The change feed: pages of changes, each with the records that it brings as they are now.

What a page tells of a record several times counts once, the last time. A record that it brings and
that is gone by the time it is fetched is gone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub_client.errors import Refusal, StartAnew
from hub_client.hub import Hub
from hub_client.shapes import Shape

NOW = "now"
PAGE = 500
RECORDS = 200
"""Records fetched at once: their keys stay far below what a request may hold."""

_CHANGES = """query ($since: String!, $first: Int!, $types: [String!]!) {
  changes(since: $since, first: $first, types: $types) {
    nodes { kind key recordType } endCursor hasNextPage sight } }"""
_GONE = frozenset({"LEFT", "REMOVED"})
_LOST = frozenset({"CURSOR_EXPIRED", "BAD_CURSOR"})


@dataclass(frozen=True, slots=True)
class Change:
    """What became of records of one type: those to put in place, and the keys of those gone."""

    shape: Shape
    records: tuple[Mapping[str, Any], ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the feed. `told` counts its changes."""

    changes: tuple[Change, ...]
    cursor: str
    sight: str
    has_more: bool
    told: int


def newest(hub: Hub, shapes: Sequence[Shape]) -> Page:
    """Give an empty page at the newest place."""
    return read(hub, shapes, NOW)


def pages(hub: Hub, shapes: Sequence[Shape], cursor: str) -> Iterator[Page]:
    """Give the pages after a place.

    Raises:
        StartAnew: the hub no longer knows what was seen at that place.
    """
    has_more = True
    while has_more:
        page = read(hub, shapes, cursor)
        yield page
        cursor, has_more = page.cursor, page.has_more


def read(hub: Hub, shapes: Sequence[Shape], since: str, first: int = PAGE) -> Page:
    """Read one page.

    Raises:
        StartAnew: the hub no longer knows what was seen at that place.
        SyncError: the hub refuses, or does not answer.
    """
    types = {shape.name: shape for shape in shapes}
    try:
        asked = {"since": since, "first": first, "types": list(types)}
        found = hub.query(_CHANGES, asked)["changes"]
    except Refusal as refusal:
        if refusal.code in _LOST:
            raise StartAnew(str(refusal)) from refusal
        raise refusal.failure() from refusal
    last: dict[str, dict[str, str]] = {}
    for node in found["nodes"]:
        last.setdefault(node["recordType"], {})[node["key"]] = node["kind"]
    changes = tuple(_change(hub, types[name], kinds) for name, kinds in last.items())
    told = len(found["nodes"])
    return Page(changes, found["endCursor"], found["sight"], found["hasNextPage"], told)


def _change(hub: Hub, shape: Shape, kinds: Mapping[str, str]) -> Change:
    wanted = [key for key, kind in kinds.items() if kind not in _GONE]
    records = {record["key"]: record for record in _records(hub, shape, wanted)}
    return Change(shape, tuple(records.values()), tuple(kinds.keys() - records.keys()))


def _records(hub: Hub, shape: Shape, keys: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(keys), RECORDS):
        some = keys[start : start + RECORDS]
        named = [{"__typename": shape.name, "key": key} for key in some]
        try:
            found = hub.query(shape.records_document, {"keys": named})
        except Refusal as refusal:
            raise refusal.failure() from refusal
        yield from filter(None, found["records"])
