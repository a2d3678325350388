"""Held pulls: which are open, what happened to them, and what a pull's end does to them.

A pull that the gate holds opens a case; a newer one takes its place. People's part in it, releasing
and rejecting by two of them, is `releasing.py`'s matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier, Literal

from federation.feed import Feed
from federation.gate import GateMode
from federation.members.submitted import EVERY_FEED
from hub.errors import Forbidden, NotFound
from hub.identity.trust.actors import ACTOR, Actor
from hub.identity.types import Caller, Role
from hub.sync.gate.rules import Held
from hub.sync.held.types import HeldState, HeldStep

_CASE_LOCK = 7_214
"""First half of the advisory lock of whoever changes a feed's cases; the second is the feed's."""

REJECTED_BEFORE = "REJECTED_BEFORE"
"""Reason code of a pull whose very bytes two people rejected; it opens no case."""

PROPOSALS = {
    HeldStep.RELEASE_PROPOSED: HeldStep.RELEASED,
    HeldStep.REJECTION_PROPOSED: HeldStep.REJECTED,
}
"""What one person proposes, and what it becomes when another agrees."""


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """One thing that happened to a held pull; `actor` is None where the hub did it."""

    step: HeldStep
    at: datetime
    reason: str
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class HeldPull:
    """A held pull, as the pull log and its case have it.

    `breaches` are objects of `code`, `what`, `before`, `now` and `limit`. `rows` and
    `mapping_digest` are None where the rows could not be mapped. `events` are the oldest first.
    """

    pull_id: int
    feed: str
    state: HeldState
    since: datetime
    reason_code: str
    reason: str
    breaches: list[dict[str, Any]] | None
    rows: int | None
    stated_at: datetime | None
    mapping_digest: str | None
    released_as: int | None
    events: tuple[HeldEvent, ...] = ()

    @property
    def proposal(self) -> HeldEvent | None:
        """What another person may agree to: the newest thing that happened, if it was proposed."""
        newest = self.events[-1] if self.events else None
        return newest if newest and newest.step in PROPOSALS else None

    @property
    def named(self) -> str:
        """What errors call it."""
        return f"pull {self.pull_id} of `{self.feed}`"


@dataclass(frozen=True, slots=True)
class ModeInForce:
    """The mode of a feed's gate, and who set it when and why; None where it is as declared."""

    feed: str
    mode: GateMode
    declared: GateMode
    set_at: datetime | None = None
    set_by: str | None = None
    reason: str | None = None


async def open_case(connection: AsyncConnection, feed: str, pull_id: int) -> None:
    """Open the case of a pull that was just held, in place of the feed's open one.

    The caller has the feed's cases locked. None is opened where the feed's case is of the same
    bytes, or is newer, or where a newer pull was published meanwhile.
    """
    cursor = await connection.execute(
        "SELECT p.documents = mine.documents OR coalesce(p.of_pull_id, p.id) > "
        "coalesce(mine.of_pull_id, mine.id) FROM held_pull h "
        "JOIN pull p ON p.id = h.pull_id, pull mine "
        "WHERE h.feed = %s AND h.state = 'OPEN' AND mine.id = %s",
        [feed, pull_id],
    )
    if await cursor.fetchone() == (True,) or await served_newer(connection, pull_id):
        return
    await supersede(connection, feed, f"pull {pull_id}, which is newer, was held", before=pull_id)
    await connection.execute(
        "INSERT INTO held_pull (pull_id, feed, since, state) "
        "SELECT id, feed, clock_timestamp(), 'OPEN' FROM pull WHERE id = %s",
        [pull_id],
    )
    await connection.execute(
        "INSERT INTO held_pull_event (pull_id, step, at, reason) "
        "SELECT id, 'HELD', clock_timestamp(), reason FROM pull WHERE id = %s",
        [pull_id],
    )


async def supersede(connection: AsyncConnection, feed: str, reason: str, *, before: int) -> None:
    """End the feed's open case, which is locked, if its pull is older than `before`."""
    await connection.execute(
        "WITH ended AS (UPDATE held_pull SET state = 'SUPERSEDED' "
        "WHERE feed = %s AND state = 'OPEN' AND pull_id < %s RETURNING pull_id) "
        "INSERT INTO held_pull_event (pull_id, step, at, reason) "
        "SELECT pull_id, 'SUPERSEDED', clock_timestamp(), %s FROM ended",
        [feed, before, reason],
    )


async def rejection_of(connection: AsyncConnection, pull_id: int) -> Held | None:
    """Say why a pull is held whose very bytes two people rejected before."""
    cursor = await connection.execute(
        "SELECT e.pull_id, e.at, e.reason FROM pull mine "
        "JOIN held_pull h ON h.feed = mine.feed AND h.state = 'REJECTED' "
        "JOIN pull p ON p.id = h.pull_id AND p.documents = mine.documents "
        "JOIN held_pull_event e ON e.pull_id = h.pull_id AND e.step = 'REJECTED' "
        "WHERE mine.id = %s AND mine.documents <> '{}' ORDER BY e.id DESC LIMIT 1",
        [pull_id],
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    pull_id, at, reason = row
    return Held(
        REJECTED_BEFORE,
        f"the source still sends what was rejected as pull {pull_id} on {at:%Y-%m-%d} "
        f"({reason}): ask the member for a better list, or release that pull",
    )


async def served_newer(connection: AsyncConnection, pull_id: int) -> int | None:
    """Give the pull whose bytes are being served, if they were landed later than this pull's."""
    cursor = await connection.execute(
        "SELECT coalesce(good.of_pull_id, good.id) FROM pull p "
        "JOIN feed_state s ON s.feed = p.feed JOIN pull good ON good.id = s.good_pull_id "
        "WHERE p.id = %s "
        "AND coalesce(good.of_pull_id, good.id) > coalesce(p.of_pull_id, p.id)",
        [pull_id],
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else None


async def lock_case(connection: AsyncConnection, feed: str) -> None:
    """Keep others from changing the feed's cases until the transaction ends.

    INVARIANT: it is taken before anything of the feed's state is written, so that no two that end
    a pull wait for each other.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_CASE_LOCK, feed])


async def mode_in_force(connection: AsyncConnection, feed: Feed) -> ModeInForce:
    """Give the mode of a feed's gate, as someone set it last or as declared."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT mode, at, subject, member, reason FROM gate_mode_change WHERE feed = %s "
            "ORDER BY id DESC LIMIT 1",
            [feed.id],
        )
        row = await cursor.fetchone()
    if row is None or row["mode"] is None:
        return ModeInForce(feed.id, feed.gate.mode, feed.gate.mode)
    set_by = f"{row['subject']} of {row['member']}"
    mode = GateMode(row["mode"])
    return ModeInForce(feed.id, mode, feed.gate.mode, row["at"], set_by, row["reason"])


async def open_cases(connection: AsyncConnection) -> Mapping[str, HeldPull]:
    """Give the open case of each feed that has one, without its events, for who may see all."""
    return {case.feed: case for case in await _cases(connection, SQL("h.state = 'OPEN'"))}


async def readable(
    connection: AsyncConnection, caller: Caller, *, feed: str | None = None, is_open: bool = True
) -> list[HeldPull]:
    """List the held pulls that a caller may read of, the newest first.

    Args:
        connection: to read with.
        caller: sees its own member's; the secretariat and the auditor see all.
        feed: of this one alone.
        is_open: leave out what was decided or superseded.
    """
    feeds = [name for name in EVERY_FEED if may_read(caller, name) and feed in {None, name}]
    states = [HeldState.OPEN.value] if is_open else [state.value for state in HeldState]
    which = SQL("h.feed = ANY ({}) AND h.state = ANY ({})")
    cases = await _cases(connection, which.format(Literal(feeds), Literal(states)))
    return await _with_events(connection, cases)


async def one(connection: AsyncConnection, caller: Caller, pull_id: int) -> HeldPull:
    """Read a held pull with all that happened to it.

    Raises:
        NotFound: no such held pull.
        Forbidden: it is another member's, code `NOT_YOURS`.
    """
    found = await _cases(connection, SQL("h.pull_id = {}").format(Literal(pull_id)))
    if not found:
        raise NotFound(
            f"pull {pull_id} is none that was held: list them with `hub held list` or `heldPulls`"
        )
    (case,) = found
    if not may_read(caller, case.feed):
        raise Forbidden(
            f"{case.named} is {owner_of(case.feed)}'s: ask with a client of theirs",
            code="NOT_YOURS",
        )
    return (await _with_events(connection, [case]))[0]


async def keep_event(
    connection: AsyncConnection, case: HeldPull, event: HeldEvent, released_as: int | None = None
) -> None:
    """Keep what someone did to a held pull, and where it stands for it."""
    actor = {name: getattr(event.actor, name) for name in ACTOR} if event.actor else {}
    values = {"pull_id": case.pull_id, "step": event.step, "at": event.at, "reason": event.reason}
    await insert_row(connection, "held_pull_event", values | plain(actor))
    if event.step in PROPOSALS.values():
        await connection.execute(
            "UPDATE held_pull SET state = %s, released_as = %s WHERE pull_id = %s",
            [event.step, released_as, case.pull_id],
        )


async def insert_row(connection: AsyncConnection, table: str, values: Mapping[str, object]) -> None:
    """Insert one row."""
    names = SQL(", ").join(map(Identifier, values))
    places = SQL(", ").join([SQL("%s")] * len(values))
    await connection.execute(
        SQL("INSERT INTO {} ({}) VALUES ({})").format(Identifier(table), names, places),
        list(values.values()),
    )


def plain(actor: Mapping[str, object]) -> dict[str, object]:
    """Give an actor's parts as the database keeps them."""
    return {name: sorted(v) if isinstance(v, frozenset) else v for name, v in actor.items()}


def owner_of(feed: str) -> str:
    """Name the member whose feed it is; of a feed that was dropped, nobody's."""
    return EVERY_FEED[feed].member if feed in EVERY_FEED else ""


def may_read(caller: Caller, feed: str) -> bool:
    """Tell whether a caller sees what is held of a feed: its owner, and who watches over all."""
    watches = bool(caller.roles & {Role.SECRETARIAT, Role.AUDITOR})
    return watches or caller.member == owner_of(feed)


_CASES = SQL("""
SELECT h.pull_id, h.feed, h.state, h.since, p.reason_code, p.reason, p.breaches, p.rows,
       p.stated_at, p.mapping_digest, h.released_as
FROM held_pull h JOIN pull p ON p.id = h.pull_id WHERE {} ORDER BY h.pull_id DESC
""")


async def _cases(connection: AsyncConnection, which: Composable) -> list[HeldPull]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_CASES.format(which))
        rows = await cursor.fetchall()
    return [HeldPull(**row | {"state": HeldState(row["state"])}) for row in rows]


async def _with_events(connection: AsyncConnection, cases: Sequence[HeldPull]) -> list[HeldPull]:
    found: dict[int, list[HeldEvent]] = {case.pull_id: [] for case in cases}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            SQL("SELECT * FROM held_pull_event WHERE pull_id = ANY ({}) ORDER BY id").format(
                Literal(list(found))
            )
        )
        for row in await cursor.fetchall():
            found[row["pull_id"]].append(_event(row))
    return [replace(case, events=tuple(found[case.pull_id])) for case in cases]


def _event(row: Mapping[str, Any]) -> HeldEvent:
    actor = None
    if row["subject"] is not None:
        parts = {name: row[name] for name in ACTOR}
        actor = Actor(**parts | {"roles": frozenset(map(Role, parts["roles"]))})
    return HeldEvent(HeldStep(row["step"]), row["at"], row["reason"], actor)
