"""Requests for pages that start at another place each time, as each server takes them.

The hub and PostGraphile have cursors of their own, which are learned from an answer; the floor
takes what the hub's statement binds.
"""

import base64
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import orjson
import psycopg

from bench.floor import STATEMENTS
from bench.load import fetch, post
from bench.questions import FIELDS, body, question
from bench.servers import decisions, plan_of, settings_in

PLACES = 20_000
"""Pages asked of a server before it is asked one again; none keeps so many answers."""

SAMPLE = ("KR", "KR.SupplyNotice.0000012")

Place = tuple[str, str]
"""An origin, and the key of one of its notices."""

WriteBody = Callable[[str, str], bytes]
"""From a place to the body of the request for the page after it."""


def places(url: str) -> list[Place]:
    """Draw the notices that pages start after, of origins that the caller sees."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT origin, key FROM ("
            "SELECT origin, key, row_number() OVER (PARTITION BY origin ORDER BY key DESC) AS place"
            " FROM supply_notice WHERE superseded_at IS NULL) n"
            " WHERE origin <> 'IN' AND place > 60 ORDER BY key"
        ).fetchall()
    return random.Random(1).sample(found, min(PLACES, len(found)))


def requests(
    kind: str, name: str, write: WriteBody, starts: Sequence[Place], token: str
) -> Iterator[bytes]:
    """Write a server's requests beforehand, one for each place, and give them over and over."""
    path = f"/{name}" if kind == "floor" else "/graphql"
    return itertools.cycle([post(path, write(*place), token) for place in starts])


async def asked_of(kind: str, port: int, token: str) -> dict[str, WriteBody]:
    """Find how a running server is asked each question."""
    return {name: await _asked(kind, name, port, token) for name in FIELDS}


async def asked_of_floor(hub_port: int, token: str, state: Path) -> dict[str, WriteBody]:
    """Leave the floor the hub's statements in the state folder, and find how it is asked each."""
    found = decisions(settings_in(state))
    statements, writers = {}, {}
    for name, write in (await asked_of("hub", hub_port, token)).items():
        sample = orjson.loads(write(*SAMPLE))
        plan = await plan_of(sample["query"], found, sample["variables"])
        statements[name] = plan.quick or plan.sql
        writers[name] = partial(_bound, plan.parameters)
    (state / STATEMENTS).write_bytes(orjson.dumps(statements))
    return writers


async def _asked(kind: str, name: str, port: int, token: str) -> WriteBody:
    text = question(kind, name)
    if kind in {"plain", "mercurius"}:
        return lambda origin, key: body(text, {"origin": origin, "after": key})
    first = body(question(kind, name, "pageInfo { endCursor }"), {"origin": "KR"})
    page = orjson.loads(await fetch(port, post("/graphql", first, token)))["data"]["supplyNotices"]
    cursor = page["pageInfo"]["endCursor"]
    *before, _ = orjson.loads(base64.urlsafe_b64decode(cursor + "=="))

    def write(origin: str, key: str) -> bytes:
        after = base64.urlsafe_b64encode(orjson.dumps([*before, key])).decode().rstrip("=")
        return body(text, {"origin": origin, "after": after})

    return write


def _bound(parameters: Sequence[object], *place: str) -> bytes:
    """Put a place where that of the sample was bound."""
    other = dict(zip(SAMPLE, place, strict=True))
    return orjson.dumps([other.get(each, each) for each in parameters])
