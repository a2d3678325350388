"""The rows in quarantine as owners read them: counted by reason and age, and one by one.

`upkeep.py` opens and closes the cases.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import class_row

from federation.feed import Feed
from federation.harmonize.reasons import words_of
from federation.members.submitted import EVERY_FEED
from hub.errors import Forbidden, InvalidInput, NotFound
from hub.identity.types import Caller, Role

VALUE_CHARACTERS = 200
"""Most that is shown of one native value."""

NATIVE_COLUMNS = 100
"""Most native columns that are shown of one row."""


@dataclass(frozen=True, slots=True)
class Count:
    """Open cases of one feed and reason, by how long they have been open.

    `rows` are those of the newest lists; a case is one text, which a list may hold several times.
    """

    feed: str
    code: str
    cases: int
    rows: int
    under_a_day: int
    under_a_week: int
    under_a_month: int
    older: int
    oldest_at: datetime

    @property
    def words(self) -> str:
        """The reason in words."""
        return words_of(self.code)


@dataclass(frozen=True, slots=True)
class Case:
    """A row in quarantine. `native` is bounded: long values are cut, blank columns left out.

    `mapping_digest` is of the rules that refused it last; `native_row` its place in that list.
    """

    digest: str
    code: str
    native: dict[str, str]
    national_id: str | None
    native_row: int
    rows: int
    mapping_digest: str | None
    first_pull_id: int
    first_seen_at: datetime
    last_pull_id: int
    last_seen_at: datetime

    @property
    def words(self) -> str:
        """The reason in words."""
        return words_of(self.code)

    @property
    def cursor(self) -> str:
        """Where the next page takes up."""
        return f"{self.first_seen_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{self.digest}"


@dataclass(frozen=True, slots=True)
class Page:
    """Cases in the order they were opened."""

    cases: tuple[Case, ...]
    has_next: bool


def readable(caller: Caller, feed_id: str) -> Feed:
    """Find a feed whose quarantine the caller may read.

    Raises:
        NotFound: there is no such feed.
        Forbidden: the caller is neither its owner's agency nor the secretariat.
    """
    feed = EVERY_FEED.get(feed_id)
    if feed is None:
        raise NotFound(f"no feed `{feed_id[:60]}`: `members {{ feeds {{ id }} }}` lists them")
    if not (is_owners(caller, feed) or Role.SECRETARIAT in caller.roles):
        raise Forbidden(
            f"the quarantine of `{feed.id}` is {feed.member}'s: its agency and the secretariat "
            "read it, ask with a client of theirs",
            code="NOT_YOURS",
        )
    return feed


def is_owners(caller: Caller, feed: Feed) -> bool:
    """Tell whether a caller is the agency of the member whose feed it is."""
    return Role.AGENCY in caller.roles and caller.member == feed.member


async def counts(
    connection: AsyncConnection, feed: str | None = None, code: str | None = None
) -> list[Count]:
    """Count the open cases by feed and reason, most rows first within a feed."""
    async with AsyncCursor(connection, row_factory=class_row(Count)) as cursor:
        await cursor.execute(_COUNTS, {"feed": feed, "code": code})
        return await cursor.fetchall()


async def page(
    connection: AsyncConnection,
    feed: str,
    *,
    code: str | None = None,
    first: int,
    after: str | None = None,
) -> Page:
    """List a feed's open cases, the oldest first.

    Raises:
        InvalidInput: `after` is no cursor of this list.
    """
    since, digest = _place(after) if after else (None, None)
    named = {"feed": feed, "code": code, "since": since, "digest": digest, "most": first + 1}
    named |= {"characters": VALUE_CHARACTERS, "columns": NATIVE_COLUMNS}
    async with AsyncCursor(connection, row_factory=class_row(Case)) as cursor:
        await cursor.execute(_PAGE, named)
        found = await cursor.fetchall()
    return Page(tuple(found[:first]), len(found) > first)


def _place(after: str) -> tuple[datetime, bytes]:
    since, _, digest = after.partition("-")
    try:
        opened = datetime.strptime(since, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
        return opened, bytes.fromhex(digest)
    except ValueError as error:
        raise InvalidInput(
            f"no cursor `{after[:60]}`: pass the `endCursor` of the page before, or none"
        ) from error


_COUNTS = """
SELECT feed, reason AS code, count(*) AS cases, sum(rows)::int AS rows,
       count(*) FILTER (WHERE age < interval '1 day') AS under_a_day,
       count(*) FILTER (WHERE age >= interval '1 day' AND age < interval '7 days') AS under_a_week,
       count(*) FILTER (WHERE age >= interval '7 days' AND age < interval '30 days')
       AS under_a_month,
       count(*) FILTER (WHERE age >= interval '30 days') AS older,
       min(first_seen_at) AS oldest_at
FROM (
    SELECT *, clock_timestamp() - first_seen_at AS age
    FROM quarantine_case WHERE closed_at IS NULL
) open
WHERE (%(feed)s::text IS NULL OR feed = %(feed)s) AND (%(code)s::text IS NULL OR reason = %(code)s)
GROUP BY feed, reason ORDER BY feed, rows DESC, reason
"""

_PAGE = """
SELECT encode(digest, 'hex') AS digest, reason AS code, national_id, native_row, rows,
       mapping_digest, first_pull_id, first_seen_at, last_pull_id, last_seen_at,
       (SELECT coalesce(jsonb_object_agg(name, left(value, %(characters)s)), '{}')
        FROM (SELECT name, value FROM jsonb_each_text(native) AS cell (name, value)
              WHERE value IS NOT NULL LIMIT %(columns)s) cells) AS native
FROM quarantine_case
WHERE closed_at IS NULL AND feed = %(feed)s AND (%(code)s::text IS NULL OR reason = %(code)s)
  AND (%(since)s::timestamptz IS NULL OR (first_seen_at, digest) > (%(since)s, %(digest)s))
ORDER BY first_seen_at, digest LIMIT %(most)s
"""
