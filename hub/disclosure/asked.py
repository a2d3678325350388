"""Questions as they were asked, kept so that they can be asked again under a draft policy.

Each question of a client is kept once, with how often it was asked; per client the newest only. No
answer waits for that: questions are gathered in memory and written now and then.
"""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Literal

from hub.identity.types import Caller, Purpose, Role
from hub.store.database import Pool

MOST_DAYS = 30
"""How long a question is kept after it was last asked."""

MOST_OF_A_CLIENT = 200
"""Most questions that are kept of one client, those asked last."""

GATHERED_SECONDS = 10.0
"""How long questions are gathered until they are written."""

PRUNED_AFTER = 10_000
"""How many questions are kept until those that are too old or too many are dropped."""

PATIENCE_SECONDS = 5.0
"""How long to wait for a connection; what can't be written then is given up."""

_log = structlog.get_logger()


class Asked(NamedTuple):
    """A question and the class and client that asked it. `variables` are JSON text."""

    document: str
    variables: str
    operation: str | None
    issuer: str
    client: str
    member: str
    organisation: str
    roles: tuple[str, ...]
    purpose: str
    sender_constrained: bool

    @classmethod
    def by(
        cls,
        caller: Caller,
        document: str,
        variables: dict[str, object] | None,
        operation: str | None,
    ) -> "Asked | None":
        """Take a question of a caller; None where PostgreSQL can't hold its text."""
        if "\0" in document:
            return None
        return cls(
            document=document,
            variables=orjson.dumps(variables or {}).decode(),
            operation=operation,
            issuer=caller.issuer,
            client=caller.client,
            member=caller.member,
            organisation=caller.organisation,
            roles=tuple(sorted(caller.roles)),
            purpose=caller.purpose,
            sender_constrained=caller.sender_constrained,
        )

    @property
    def values(self) -> list[object]:
        """All it says, in the order of its fields, as PostgreSQL takes it."""
        return [list(value) if isinstance(value, tuple) else value for value in self]

    @property
    def digest(self) -> str:
        """What tells it from all other questions."""
        return hashlib.sha256(orjson.dumps(self.values)).hexdigest()

    @property
    def caller(self) -> Caller:
        """A caller of the class that asked."""
        return Caller(
            issuer=self.issuer,
            subject="",
            client=self.client,
            member=self.member,
            organisation=self.organisation,
            roles=frozenset(map(Role, self.roles)),
            purpose=Purpose(self.purpose),
            sender_constrained=self.sender_constrained,
            token_id="",
        )


_COLUMNS = Asked._fields
_KEEP = (
    f"INSERT INTO asked_question ({', '.join(_COLUMNS)}, digest, times, first_at, last_at) "  # noqa: S608 - own names
    f"VALUES ({', '.join(['%s'] * len(_COLUMNS))}, %s, %s, clock_timestamp(), clock_timestamp()) "
    "ON CONFLICT (digest) DO UPDATE SET "
    "last_at = excluded.last_at, times = asked_question.times + excluded.times"
)
_PRUNE = SQL(
    "DELETE FROM asked_question WHERE last_at < now() - make_interval(days => {}) OR digest IN ("
    "SELECT digest FROM (SELECT digest, row_number() OVER (PARTITION BY issuer, client "
    "ORDER BY last_at DESC, digest) AS place FROM asked_question) ranked WHERE place > {})"
).format(Literal(MOST_DAYS), Literal(MOST_OF_A_CLIENT))


class AskedQuestions:
    """The questions that one process has answered and not yet written."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._gathered: dict[tuple[str, str], dict[Asked, int]] = defaultdict(dict)
        self._unpruned = PRUNED_AFTER

    def add(self, asked: Asked) -> None:
        """Add one that was just answered."""
        own = self._gathered[asked.issuer, asked.client]
        own[asked] = own.pop(asked, 0) + 1
        if len(own) > MOST_OF_A_CLIENT:
            # Those asked longest ago come first.
            del own[next(iter(own))]

    async def write(self) -> None:
        """Write what is gathered, every now and then, until cancelled."""
        while True:
            await asyncio.sleep(GATHERED_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write what is gathered now. What can't be written is lost, for no answer needs it."""
        found = {asked: times for own in self._gathered.values() for asked, times in own.items()}
        self._gathered.clear()
        if not found:
            return
        self._unpruned += len(found)
        try:
            async with self._pool.connection(timeout=PATIENCE_SECONDS) as connection:
                await keep_asked(connection, found)
                if self._unpruned > PRUNED_AFTER:
                    await prune_asked(connection)
                    self._unpruned = 0
        except psycopg.Error as error:
            _log.warning("questions not kept", detail=str(error))


async def keep_asked(
    connection: AsyncConnection, asked: Mapping[Asked, int] | Iterable[Asked]
) -> None:
    """Keep questions that were answered, each so many times."""
    rows = [(*each.values, each.digest, times) for each, times in Counter(asked).items()]
    # In one order everywhere: two processes that keep the same questions must not lock each other.
    rows.sort(key=itemgetter(-2))
    async with connection.cursor() as cursor:
        await cursor.executemany(_KEEP, rows)


async def prune_asked(connection: AsyncConnection) -> None:
    """Drop the questions that are too old or too many."""
    await connection.execute(_PRUNE)


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A kept question, how often it was asked, and when last."""

    asked: Asked
    times: int
    last_at: datetime


async def read_asked(
    connection: AsyncConnection, *, days: int, most: int
) -> tuple[list[KeptQuestion], int]:
    """Read the questions of the last days, those asked most often first, and how many there are."""
    wanted = SQL("last_at >= now() - make_interval(days => {})").format(Literal(days))
    columns = SQL(", ").join(map(Identifier, [*_COLUMNS, "times", "last_at"]))
    statement = SQL(
        "SELECT {}, count(*) OVER () AS found FROM asked_question WHERE {} "
        "ORDER BY times DESC, last_at DESC, digest LIMIT {}"
    ).format(columns, wanted, Literal(most))
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement)
        rows = await cursor.fetchall()
    kept = [_kept(row) for row in rows]
    return kept, rows[0]["found"] if rows else 0


def _kept(row: dict[str, Any]) -> KeptQuestion:
    asked = {name: row[name] for name in _COLUMNS}
    return KeptQuestion(
        Asked(**asked | {"roles": tuple(asked["roles"])}), row["times"], row["last_at"]
    )
