"""Submissions as they are kept: written, found again by their key, and read.

The caller owns the connection and its transaction; nothing here commits. A submission that was
held is published once a later pull of what it landed is.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

from hub.errors import InvalidInput, NotFound
from hub.identity.types import Caller
from hub.submissions.types import Count, Defect, Receipt, State
from hub.sync.pull import PullResult
from hub.sync.types import Outcome

KEY_DAYS = 30
"""How long an idempotency key stands for what was first sent with it, in days."""

MOST_READ = 200
"""Most submissions that one reading gives."""

LISTED = 100
"""Defects and keys told of each submission where many are read."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was sent with an idempotency key before."""

    id: str
    request_digest: str
    state: State


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission to keep: what is known of it, and how to know it again."""

    receipt: Receipt
    issuer: str
    key: str | None
    request_digest: str
    document_name: str
    cover: str | None

    def values(self) -> dict[str, object]:
        """Give its row, by column."""
        receipt = self.receipt
        same = {name: getattr(receipt, name) for name in _SAME}
        return same | {
            "state": receipt.state.value,
            "defects": Jsonb([asdict(defect) for defect in receipt.defects]),
            "issuer": self.issuer,
            "idempotency_key": self.key,
            "request_digest": self.request_digest,
            "document_name": self.document_name,
            "cover": self.cover,
        }


_SAME = (
    "id", "feed", "member", "client", "subject", "organisation", "document", "is_partial", "rows",
    "accepted", "refused", "defect_count", "received_at",
)  # fmt: skip


async def find_by_key(connection: AsyncConnection, caller: Caller, key: str) -> Known | None:
    """Find what a client sent with a key before. One that was kept for its time is free again."""
    sent = [caller.issuer, caller.client, key]
    await connection.execute(
        "UPDATE submission SET idempotency_key = NULL WHERE issuer = %s AND client = %s "
        "AND idempotency_key = %s AND received_at < clock_timestamp() - make_interval(days => %s)",
        [*sent, KEY_DAYS],
    )
    cursor = await connection.execute(
        "SELECT id, request_digest, state FROM submission "
        "WHERE issuer = %s AND client = %s AND idempotency_key = %s",
        sent,
    )
    found = await cursor.fetchone()
    return Known(found[0], found[1], State(found[2])) if found else None


async def keep(
    connection: AsyncConnection, entry: Entry, records: Iterable[tuple[int, str, str]]
) -> bool:
    """Write a submission, anew where it was cut off; False where its key was taken meanwhile.

    Args:
        connection: its transaction keeps all of it or nothing.
        entry: the submission.
        records: row, key and action of each record that it speaks of.
    """
    await connection.execute("DELETE FROM submission WHERE id = %s", [entry.receipt.id])
    values = entry.values()
    insert = SQL("INSERT INTO submission ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
        SQL(", ").join(map(Identifier, values)), SQL(", ").join(map(Placeholder, values))
    )
    if (await connection.execute(insert, values)).rowcount == 0:
        return False
    statement = "COPY filed_record (submission_id, native_row, key, action) FROM STDIN"
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            await copy.write_row((entry.receipt.id, *record))
    return True


async def find_pull(connection: AsyncConnection, known: Known) -> PullResult | None:
    """Find the pull that a submission came to, of which its filer may not have heard."""
    cursor = await connection.execute(
        "SELECT p.feed, p.outcome, p.reason, p.id, p.reason_code FROM pull p JOIN submission s "
        "ON s.feed = p.feed AND s.cover = ANY (p.documents) "
        "WHERE s.id = %s AND p.of_pull_id IS NULL AND p.outcome = ANY (%s) "
        "ORDER BY p.id DESC LIMIT 1",
        [known.id, [Outcome.PUBLISHED, Outcome.HELD]],
    )
    found = await cursor.fetchone()
    if found is None:
        return None
    feed, outcome, reason, pull_id, code = found
    return PullResult(feed, Outcome(outcome), reason, pull_id=pull_id, code=code)


async def settle(connection: AsyncConnection, receipt: Receipt, result: PullResult) -> Receipt:
    """Write how a submission's pull ended."""
    settled = replace(
        receipt,
        state=_STATES.get(result.outcome, State.FAILED),
        pull_id=result.pull_id,
        reason_code=result.code,
        reason=result.reason,
    )
    await connection.execute(
        "UPDATE submission SET state = %s, pull_id = %s, reason_code = %s, reason = %s "
        "WHERE id = %s",
        [settled.state, settled.pull_id, settled.reason_code, settled.reason, settled.id],
    )
    return settled


_STATES = {Outcome.PUBLISHED: State.PUBLISHED, Outcome.HELD: State.HELD}


async def read(connection: AsyncConnection, submission: str, member: str) -> Receipt:
    """Read a member's submission, with all its defects and the keys it made.

    Raises:
        NotFound: the member has none of this id.
    """
    wanted = "s.id = %(id)s AND s.member = %(member)s"
    values = {"id": submission, "member": member, "first": 1, "listed": None}
    found = await _receipts(connection, wanted, values)
    if not found:
        raise NotFound(f"no submission `{submission[:60]}` of {member}: use its `id`")
    return found[0]


async def read_newest(
    connection: AsyncConnection,
    member: str,
    *,
    first: int,
    after: str | None = None,
    feed: str | None = None,
) -> list[Receipt]:
    """Read a member's submissions, the newest first, with `LISTED` defects and keys of each.

    Args:
        connection: to read with.
        member: whose.
        first: how many, up to `MOST_READ`.
        after: id of the submission to read on from.
        feed: of this feed alone.

    Raises:
        InvalidInput: `first` is beyond its bounds.
    """
    if not 1 <= first <= MOST_READ:
        raise InvalidInput(f"`first` is {first}: ask for 1 to {MOST_READ}", code="PAGE_SIZE")
    wanted = "s.member = %(member)s"
    if feed is not None:
        wanted += " AND s.feed = %(feed)s"
    if after is not None:
        wanted += (
            " AND (s.received_at, s.id) < (SELECT received_at, id FROM submission "
            "WHERE id = %(after)s AND member = %(member)s)"
        )
    values = {"member": member, "feed": feed, "after": after, "first": first, "listed": LISTED}
    return await _receipts(connection, wanted, values)


async def count(connection: AsyncConnection, member: str | None) -> list[Count]:
    """Count submissions by feed and state, of a member or of all."""
    async with connection.cursor(row_factory=class_row(Count)) as cursor:
        await cursor.execute(
            f"SELECT s.member, s.feed, {_STATE} AS state, count(*) AS submissions, "  # noqa: S608 - our own text
            "sum(s.rows)::bigint AS rows, max(s.received_at) AS last_received_at "
            "FROM submission s WHERE %(member)s::text IS NULL OR s.member = %(member)s "
            "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            {"member": member},
        )
        return await cursor.fetchall()


# What was held is published by a pull of its own: once it is released, or replayed later.
_STATE = """CASE WHEN s.state <> 'HELD' THEN s.state
     WHEN EXISTS (SELECT FROM pull later
                  WHERE later.of_pull_id = s.pull_id AND later.outcome = 'PUBLISHED')
     THEN 'PUBLISHED'
     ELSE coalesce((SELECT h.state FROM held_pull h
                    WHERE h.pull_id = s.pull_id AND h.state IN ('REJECTED', 'SUPERSEDED')), 'HELD')
     END"""

_READ = f"""
SELECT s.id, s.feed, {_STATE} AS state, s.is_partial, s.rows, s.accepted, s.refused,
       s.defect_count, s.received_at, s.member, s.client, s.subject, s.organisation, s.document,
       s.reason_code, s.reason, s.pull_id,
       array(SELECT defect FROM jsonb_array_elements(s.defects) WITH ORDINALITY AS e(defect, place)
             ORDER BY place LIMIT %(listed)s) AS defects,
       array(SELECT key FROM filed_record f WHERE f.submission_id = s.id AND action = 'FILE'
             ORDER BY native_row LIMIT %(listed)s) AS filed,
       array(SELECT key FROM filed_record f WHERE f.submission_id = s.id AND action = 'WITHDRAW'
             ORDER BY native_row LIMIT %(listed)s) AS withdrawn
FROM submission s WHERE """  # noqa: S608 - our own text


async def _receipts(
    connection: AsyncConnection, wanted: str, values: dict[str, Any]
) -> list[Receipt]:
    sql = f"{_READ}{wanted} ORDER BY s.received_at DESC, s.id DESC LIMIT %(first)s"
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(sql, values)
        return [_receipt(row) for row in await cursor.fetchall()]


def _receipt(row: dict[str, Any]) -> Receipt:
    return Receipt(
        **row
        | {
            "state": State(row["state"]),
            "defects": tuple(Defect(**defect) for defect in row["defects"]),
            "filed": tuple(row["filed"]),
            "withdrawn": tuple(row["withdrawn"]),
        }
    )
