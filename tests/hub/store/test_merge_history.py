"""Any sequence of lists against a plain model: state, versions, time travel and change feed."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.feed import Feed
from hub.store.merge import Merged
from tests.hub.store.lists import COMPANIES, MENTIONS, NOTICES, PACKS, Publisher, row

IDS = ("1", "2", "3", "ö'\"", "a\nb")
TEXTS = ("t", "T", "t ", "", " ", "NULL", '"', "\\", "a,b", "\x01", "💊", "\n")


@dataclass(frozen=True)
class Version:
    """What the model keeps of a current record."""

    key: str
    feed: str
    content: tuple
    listing: str
    first_recorded_at: object

    def shown(self) -> tuple:
        status = "NO_LONGER_LISTED" if self.listing == "NO_LONGER_LISTED" else "ONGOING"
        return (
            self.key,
            self.feed,
            self.listing,
            status if self.feed == NOTICES.id else None,
            self.first_recorded_at,
            *self.content,
        )


class Model:
    """The slow, obvious way: a dictionary of current records, and a copy of it after each list."""

    def __init__(self) -> None:
        self.current: dict[tuple[str, str], Version] = {}
        self.written = 0
        self.snapshots: list[tuple[object, dict]] = []

    def publish(self, feed: Feed, rows: dict, now, *, is_full_list: bool) -> Merged:
        table, mapping = feed.primary.record_type.table, feed.primary
        added = changed = absent = 0
        for id_, content in rows.items():
            key = f"KR.{mapping.record_type.name}.{id_}"
            held = self.current.get((table, key))
            due = held is None or (held.content != content or held.listing != "LISTED")
            if held and held.feed != feed.id:
                due = not mapping.is_mention
            if due:
                added, changed = added + (not held), changed + bool(held)
                first = held.first_recorded_at if held else now
                self.current[table, key] = Version(key, feed.id, content, "LISTED", first)
                self.written += 1
        if is_full_list and not mapping.is_mention:
            absent = self._silence(feed, {f"KR.{mapping.record_type.name}.{id_}" for id_ in rows})
        self.snapshots.append((now, dict(self.current)))
        return Merged(added, changed, absent)

    def _silence(self, feed: Feed, named: set[str]) -> int:
        absent = 0
        for place, held in list(self.current.items()):
            if held.feed != feed.id or held.listing != "LISTED" or held.key in named:
                continue
            absent += 1
            if place[0] == "package":
                del self.current[place]
            else:
                self.current[place] = replace(held, listing="NO_LONGER_LISTED")
                self.written += 1
        return absent


def _blank_is_none(text):
    return text if text and text.strip() else None


def _content(feed: Feed, title: str, reason: str, codes: list[str]) -> tuple:
    reason = _blank_is_none(reason)
    return (title, reason, codes) if feed is NOTICES else (title, reason)


@st.composite
def lists(draw):
    feed = draw(st.sampled_from([NOTICES, COMPANIES, COMPANIES, MENTIONS, PACKS]))
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=len(IDS)))
    texts = st.sampled_from(TEXTS)
    rows = [(id_, "t" + draw(texts), draw(texts), draw(st.lists(texts, max_size=3))) for id_ in ids]
    return feed, rows, draw(st.booleans()) or draw(st.booleans())


_AS_OF = {
    "supply_notice": "status, first_recorded_at, title, reason_text, package_codes",
    "organization": "NULL, first_recorded_at, name, name_en",
    "package": "NULL, first_recorded_at, code_text, description",
}


async def _as_of(connection, instant) -> set[tuple]:
    found = set()
    for table, columns in _AS_OF.items():
        cursor = await connection.execute(
            f"SELECT key, feed, listing, {columns} FROM {table} "
            "WHERE recorded_at <= %(at)s AND (superseded_at IS NULL OR superseded_at > %(at)s)",
            {"at": instant},
        )
        found |= {_hashable(values) for values in await cursor.fetchall()}
    return found


def _hashable(values) -> tuple:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


async def _changes(connection) -> list[tuple]:
    """The change feed: (place, record, what the reader would then hold of it)."""
    parts = [
        f"SELECT change_seq, '{table}', key, encode(content_digest, 'hex') || listing FROM {table} "
        f"UNION ALL SELECT removed_seq, '{table}', key, NULL FROM {table} "
        "WHERE removed_seq IS NOT NULL"
        for table in _AS_OF
    ]
    cursor = await connection.execute(" UNION ALL ".join(parts) + " ORDER BY 1")
    return await cursor.fetchall()


async def _check(publisher: Publisher, model: Model, places: list[int]) -> None:
    connection = publisher.connection
    for position, (instant, state) in enumerate(model.snapshots):
        expected = {_hashable(version.shown()) for version in state.values()}
        later = [instant for instant, _ in model.snapshots[position + 1 : position + 2]]
        until = (later[0] if later else instant + timedelta(days=1)) - timedelta(milliseconds=1)
        assert await _as_of(connection, instant) == expected
        assert await _as_of(connection, until) == expected
    assert await _as_of(connection, model.snapshots[0][0] - timedelta(milliseconds=1)) == set()
    written = 0
    for table in _AS_OF:
        cursor = await connection.execute(
            f"SELECT count(*), count(*) FILTER (WHERE superseded_at IS NULL), "
            f"count(DISTINCT key) FILTER (WHERE superseded_at IS NULL) FROM {table}"
        )
        versions, current, keys = await cursor.fetchone()
        written += versions
        assert current == keys == sum(place[0] == table for place in model.current)
    assert written == model.written
    assert places == sorted(places)
    copy = {}
    for _, table, key, held in await _changes(connection):
        copy.pop((table, key), None)
        if held is not None:
            copy[table, key] = held
    assert set(copy) == set(model.current)


async def _last_place(connection) -> int:
    changes = await _changes(connection)
    return changes[-1][0] if changes else 0


async def _publish_all(connection, steps) -> None:
    publisher, model, places = Publisher(connection), Model(), []
    for feed, rows, is_full_list in steps:
        native = [row(id_, title, reason, codes=codes) for id_, title, reason, codes in rows]
        before = await _last_place(connection)
        merged = await publisher.publish(feed, *native, is_full_list=is_full_list)
        places += [before, await _last_place(connection)]
        contents = {id_: _content(feed, *values) for id_, *values in rows}
        assert merged == model.publish(feed, contents, publisher.now, is_full_list=is_full_list)
    await _check(publisher, model, places)


HISTORIES = st.lists(lists(), min_size=1, max_size=10)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(HISTORIES)
async def test_any_history_equals_the_model_at_every_instant(connection, steps):
    try:
        await _publish_all(connection, steps)
    finally:
        await connection.rollback()


@pytest.mark.deep
@settings(max_examples=600, deadline=None, suppress_health_check=SLOW)
@given(HISTORIES)
async def test_many_histories_equal_the_model_at_every_instant(connection, steps):
    try:
        await _publish_all(connection, steps)
    finally:
        await connection.rollback()
