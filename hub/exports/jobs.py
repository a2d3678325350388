"""The jobs in PostgreSQL: asked for, taken up by one process at a time, and what became of them.

A process that runs a job renews its lease; a job whose lease ran out is taken up by another, and
what the first may still say of it no longer counts. Start at `ask`, `take_up` and `finish`.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg.sql import SQL

from hub.errors import Conflict, HubError, NotFound, RateLimited
from hub.exports.types import Asked, Export, State, caller_text, read_caller
from hub.identity.types import Caller
from hub.store.instants import LAST

MOST_OF_A_CLIENT = 10
"""Most exports that are there of one client, whatever their state."""

MOST_ATTEMPTS = 5
"""How many processes may take up a job until it is given up."""

LEASE_SECONDS = 30
"""How long a job is left to a process that is not heard of."""

_COLUMNS = SQL(
    "e.id, e.caller, e.document, e.variables, e.operation, e.format, e.state, e.asked_at, "
    "e.kept_until, e.attempt, e.rows, e.code, e.message, e.class_digest, e.manifest"
)
_LOCK_CLIENT = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7214003))"
# The millisecond before: whatever is recorded within the present one may not be there yet.
_ASK = SQL(
    "INSERT INTO export AS e (id, issuer, client, caller, document, variables, operation, format, "
    "state, asked_at, kept_until, attempt, swept, rows) "
    "SELECT %s, %s, %s, %s, %s, %s, %s, %s, 'QUEUED', "
    # Where the clock has stepped back, nothing that was published before must be missed.
    "greatest(date_trunc('milliseconds', clock_timestamp()) - interval '1 millisecond', {}), "
    "clock_timestamp() + make_interval(hours => %s), 0, 0, 0 "
    "WHERE (SELECT count(*) FROM export WHERE issuer = %s AND client = %s "
    "AND state <> 'DROPPED') < %s RETURNING {}"
).format(SQL(LAST), _COLUMNS)
_TAKE_UP = SQL(
    "UPDATE export AS e SET state = 'RUNNING', attempt = e.attempt + 1, rows = 0, "
    "lease_until = clock_timestamp() + make_interval(secs => %s) "
    "WHERE e.id = (SELECT j.id FROM export j WHERE j.state = 'QUEUED' AND NOT EXISTS "
    "(SELECT FROM export r WHERE r.issuer = j.issuer AND r.client = j.client "
    "AND r.state = 'RUNNING') OR j.state = 'RUNNING' AND j.lease_until < clock_timestamp() "
    "AND j.attempt < %s ORDER BY j.asked_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING {}"
).format(_COLUMNS)
_FIND = SQL("SELECT {} FROM export e WHERE e.id = %s AND e.state <> 'DROPPED'").format(_COLUMNS)
_RENEW = (
    "UPDATE export SET rows = %s, lease_until = clock_timestamp() + make_interval(secs => %s) "
    "WHERE id = %s AND attempt = %s AND state = 'RUNNING'"
)
_FINISH = (
    "UPDATE export SET state = 'READY', rows = %s, manifest = %s, class_digest = %s, "
    "lease_until = NULL WHERE id = %s AND attempt = %s AND state = 'RUNNING'"
)
_FAIL = (
    "UPDATE export SET state = 'FAILED', rows = 0, code = %s, message = %s, lease_until = NULL "
    "WHERE id = %s AND attempt = %s AND state = 'RUNNING'"
)
_HAND_BACK = (
    "UPDATE export SET state = 'QUEUED', rows = 0, lease_until = NULL "
    "WHERE id = %s AND attempt = %s AND state = 'RUNNING'"
)
_GIVE_UP = (
    "UPDATE export SET state = 'FAILED', rows = 0, code = 'INTERRUPTED', message = %s, "
    "lease_until = NULL "
    "WHERE state = 'RUNNING' AND lease_until < clock_timestamp() AND attempt >= %s"
)
_DROP = (
    "UPDATE export SET state = 'DROPPED', code = NULL, manifest = NULL "
    "WHERE id = %s OR kept_until < clock_timestamp() AND state NOT IN ('RUNNING', 'DROPPED')"
)
_NOBODY_RUNS = "(lease_until IS NULL OR lease_until < clock_timestamp())"
_FORGET = SQL("DELETE FROM export WHERE state = 'DROPPED' AND swept >= attempt AND {}").format(
    SQL(_NOBODY_RUNS)
)
_LEFT_OVER = SQL(
    "SELECT id, format, swept, upto FROM (SELECT *, "
    "attempt - (state = 'READY' OR state = 'RUNNING')::int AS upto FROM export) e "
    "WHERE swept < upto AND (state <> 'DROPPED' OR {})"
).format(SQL(_NOBODY_RUNS))


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Attempts at an export, from the one after `swept` up to `upto`, that may have left files."""

    export_id: str
    format: str
    swept: int
    upto: int


class Overtaken(Exception):
    """A job was deleted meanwhile, or another process has taken it up."""


async def ask(connection: AsyncConnection, caller: Caller, asked: Asked, hours: int) -> Export:
    """Queue an export, to be kept for some hours.

    Raises:
        RateLimited: the client has as many as it may.
    """
    client = caller.issuer, caller.client
    await connection.execute(_LOCK_CLIENT, [json.dumps(client)])
    question = (asked.document, asked.variables, asked.operation, asked.format)
    values = (secrets.token_urlsafe(16), *client, caller_text(caller), *question, hours)
    found = await _one(connection, _ASK, [*values, *client, MOST_OF_A_CLIENT])
    if found is None:
        raise RateLimited(
            f"`{caller.client}` has {MOST_OF_A_CLIENT} exports, as many as it may: "
            "delete one, or wait until they are dropped",
            code="EXPORT_LIMIT",
        )
    return found


async def find(connection: AsyncConnection, export_id: str) -> Export:
    """Find an export, whoever asked for it.

    Raises:
        NotFound: there is none.
    """
    found = await _one(connection, _FIND, [export_id]) if "\0" not in export_id else None
    if found is None:
        raise not_found()
    return found


def not_found() -> NotFound:
    """Say that a caller has no such export, whatever others have."""
    return NotFound("you have no such export: it may have been dropped, so export again")


def not_ready(export: Export) -> Conflict:
    """Say why there is no file."""
    if export.message:
        return Conflict(export.message, code=export.code)
    return Conflict("the file is not ready: ask again shortly", code="NOT_READY")


async def take_up(connection: AsyncConnection) -> Export | None:
    """Take up the oldest job that waits, or that a process died over."""
    try:
        async with connection.transaction():
            return await _one(connection, _TAKE_UP, [LEASE_SECONDS, MOST_ATTEMPTS])
    except UniqueViolation:
        return None  # Another process has just taken up another job of the same client.


async def renew(connection: AsyncConnection, job: Export, rows: int) -> None:
    """Say that a job goes on, and how far it is.

    Raises:
        Overtaken: it is no longer this process's.
    """
    await _own(connection, _RENEW, [rows, LEASE_SECONDS, job.id, job.attempt])


async def finish(
    connection: AsyncConnection, job: Export, rows: int, manifest: str, class_digest: str
) -> None:
    """Say that a job's file can be fetched.

    Raises:
        Overtaken: it is no longer this process's.
    """
    await _own(connection, _FINISH, [rows, manifest, class_digest, job.id, job.attempt])


async def fail(connection: AsyncConnection, job: Export, error: HubError) -> None:
    """Say why a job ended without a file.

    Raises:
        Overtaken: it is no longer this process's.
    """
    await _own(connection, _FAIL, [error.public_code, error.message, job.id, job.attempt])


async def hand_back(connection: AsyncConnection, job: Export) -> None:
    """Leave a job to another process.

    Raises:
        Overtaken: it is no longer this process's.
    """
    await _own(connection, _HAND_BACK, [job.id, job.attempt])


async def is_ready(connection: AsyncConnection, job: Export) -> bool:
    """Tell whether the file of this attempt can be fetched."""
    cursor = await connection.execute(
        "SELECT FROM export WHERE id = %s AND attempt = %s AND state = 'READY'",
        [job.id, job.attempt],
    )
    return await cursor.fetchone() is not None


async def drop(connection: AsyncConnection, export_id: str) -> None:
    """Have an export be no more; one that runs ends."""
    await connection.execute(_DROP, [export_id])


async def tidy(connection: AsyncConnection) -> list[LeftOver]:
    """Give up what too many processes died over, drop what is old, and list what is left over."""
    interrupted = "the hub stopped over this export too often: export again, in parts"
    await connection.execute(_GIVE_UP, [interrupted, MOST_ATTEMPTS])
    await connection.execute(_DROP, [""])
    await connection.execute(_FORGET)
    cursor = await connection.execute(_LEFT_OVER)
    return [LeftOver(*row) for row in await cursor.fetchall()]


async def swept(connection: AsyncConnection, left: LeftOver) -> None:
    """Say that what was left over is gone."""
    await connection.execute(
        "UPDATE export SET swept = %s WHERE id = %s", [left.upto, left.export_id]
    )


async def _own(connection: AsyncConnection, statement: Any, values: list[Any]) -> None:
    cursor = await connection.execute(statement, values)
    if not cursor.rowcount:
        raise Overtaken


async def _one(
    connection: AsyncConnection, statement: SQL | Any, values: list[Any]
) -> Export | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, values)
        row = await cursor.fetchone()
    if row is None:
        return None
    asked = Asked(*(row.pop(name) for name in ("document", "variables", "operation", "format")))
    caller, state = read_caller(row.pop("caller")), State(row.pop("state"))
    return Export(caller=caller, asked=asked, state=state, **row)
