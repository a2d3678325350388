"""Decisions: made, undone and read.

A decision and the new versions of all ingredients it concerns are one transaction, the caller's,
which holds the publishing turn: pulls and curators come one after another, and none is overtaken.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.rows import kwargs_row
from psycopg.sql import SQL, Composable, Identifier, Literal

from federation.substances.candidates import Explainer
from hub.curation.access import check_may_decide, readable_origins
from hub.curation.applying import apply
from hub.curation.models import Verdict
from hub.curation.types import Decision, Ruling, text_digest
from hub.errors import Conflict, InvalidInput, NotFound, Unavailable
from hub.identity.types import Caller
from hub.reason import checked_reason
from hub.store.conditions import derive_conditions
from hub.store.equivalence import derive_equivalence
from hub.store.instants import instant_after_all
from hub.store.merge import take_turn

MOST_READ = 500
"""Most decisions that one reading of the history gives."""

_PATIENCE_SECONDS = 10  # how long a curator waits for a pull that is publishing


async def decide(
    connection: AsyncConnection, caller: Caller, ruling: Ruling, register: Explainer
) -> Decision:
    """Decide what a text means, for all current records and for those to come.

    Raises:
        Forbidden: the caller is no agency of the text's member.
        InvalidInput: no reason, or an INN that is not one substance of the register.
        NotFound: no current record has the text.
        Conflict: another decision stands than the one the ruling supersedes.
        Unavailable: a pull is publishing for long.
    """
    check_may_decide(caller, ruling.origin)
    inn = None if ruling.inn is None else _inn(ruling.inn, register)
    ruling = replace(ruling, inn=inn, reason=checked_reason(ruling.reason))
    await _take_turn(connection)
    standing = await _standing(connection, ruling.origin, ruling.text)
    if (standing.id if standing else None) != ruling.supersedes:
        raise _moved_on(standing)
    if not standing and not await _is_in_use(connection, ruling.origin, ruling.text):
        raise NotFound(
            f"no current ingredient of {ruling.origin} has the text `{ruling.text[:200]}`: "
            "copy it from the review queue as it stands"
        )
    return await _keep(connection, caller, ruling)


async def undo(
    connection: AsyncConnection, caller: Caller, decision_id: int, reason: str
) -> Decision:
    """End a decision: what the resolver says holds again. The undo is a decision itself.

    Raises:
        NotFound: there is no such decision that the caller may read.
        Forbidden: the caller may read it, but is no agency of its member.
        InvalidInput: no reason.
        Conflict: it no longer stands.
        Unavailable: a pull is publishing for long.
    """
    reason = checked_reason(reason)
    await _take_turn(connection)
    found = await _read(
        connection,
        SQL("id = {} AND origin = ANY({})").format(decision_id, readable_origins(caller)),
    )
    if not found:
        raise NotFound(f"no decision `{decision_id}` that you may read: look into the history")
    (decision,) = found
    check_may_decide(caller, decision.origin)
    if decision.superseded_at or decision.verdict is Verdict.UNDONE:
        raise _moved_on(await _standing(connection, decision.origin, decision.native_text))
    ruling = Ruling(decision.origin, decision.native_text, Verdict.UNDONE, None, reason)
    return await _keep(connection, caller, ruling)


async def history(
    connection: AsyncConnection,
    caller: Caller,
    *,
    origin: str | None = None,
    text: str | None = None,
    first: int = 50,
) -> list[Decision]:
    """Read decisions, superseded ones and undos too, the newest first.

    Raises:
        InvalidInput: an unknown member, or `first` beyond `MOST_READ`.
        Forbidden: the caller may not read that member's.
    """
    if not 1 <= first <= MOST_READ:
        raise InvalidInput(f"`first` is {first}: ask for 1 to {MOST_READ}", code="PAGE_SIZE")
    wanted: Composable = SQL("origin = ANY({})").format(readable_origins(caller, origin))
    if text is not None:
        wanted = SQL("{} AND text_digest = {}").format(wanted, text_digest(text))
    return await _read(connection, wanted, first)


async def _keep(
    connection: AsyncConnection,
    caller: Caller,
    ruling: Ruling,
) -> Decision:
    """Keep a decision that may be made and apply it to all current records."""
    now = await instant_after_all(connection)
    records = await apply(connection, ruling, now)
    await derive_equivalence(connection, ruling.origin, now)
    await derive_conditions(connection, ruling.origin, now, {"Ingredient"}, is_whole=False)
    digest = text_digest(ruling.text)
    await connection.execute(
        "UPDATE substance_decision SET superseded_at = %s "
        "WHERE origin = %s AND text_digest = %s AND superseded_at IS NULL",
        [now, ruling.origin, digest],
    )
    values = {
        "origin": ruling.origin,
        "native_text": ruling.text,
        "text_digest": digest,
        "verdict": ruling.verdict.value,
        "inn": ruling.inn,
        "reason": ruling.reason,
        "records": records,
        "issuer": caller.issuer,
        "client": caller.client,
        "subject": caller.subject,
        "member": caller.member,
        "organisation": caller.organisation,
        "token_id": caller.token_id,
        "decided_at": now,
    }
    insert = SQL("INSERT INTO substance_decision ({}) VALUES ({}) RETURNING {}").format(
        _names(values), SQL(", ").join(map(Literal, values.values())), _names(_COLUMNS)
    )
    async with connection.cursor(row_factory=kwargs_row(_decision)) as cursor:
        await cursor.execute(insert)
        kept = await cursor.fetchone()
    if kept is None:
        raise AssertionError("an INSERT returned no row")
    return kept


_COLUMNS = [field.name for field in fields(Decision)]


def _decision(**values: Any) -> Decision:
    return Decision(**values | {"verdict": Verdict(values["verdict"])})


def _names(names: Iterable[str]) -> Composable:
    return SQL(", ").join(map(Identifier, names))


async def _read(connection: AsyncConnection, wanted: Composable, first: int = 1) -> list[Decision]:
    sql = SQL("SELECT {} FROM substance_decision WHERE {} ORDER BY id DESC LIMIT {}")
    async with connection.cursor(row_factory=kwargs_row(_decision)) as cursor:
        await cursor.execute(sql.format(_names(_COLUMNS), wanted, first))
        return await cursor.fetchall()


async def _standing(connection: AsyncConnection, origin: str, text: str) -> Decision | None:
    """Find the decision that stands; a text whose decision was undone has none."""
    wanted = SQL(
        "origin = {} AND text_digest = {} AND superseded_at IS NULL AND verdict <> {}"
    ).format(origin, text_digest(text), Verdict.UNDONE.value)
    found = await _read(connection, wanted)
    return found[0] if found else None


async def _is_in_use(connection: AsyncConnection, origin: str, text: str) -> bool:
    found = await connection.execute(
        "SELECT FROM ingredient WHERE superseded_at IS NULL AND origin = %s AND native_text = %s "
        "LIMIT 1",
        [origin, text],
    )
    return await found.fetchone() is not None


async def _take_turn(connection: AsyncConnection) -> None:
    await connection.execute(SQL("SET LOCAL lock_timeout = {}").format(f"{_PATIENCE_SECONDS}s"))
    try:
        await take_turn(connection)
    except LockNotAvailable as error:
        raise Unavailable("a pull is publishing its records: decide again shortly") from error


def _moved_on(standing: Decision | None) -> Conflict:
    if standing is None:
        return Conflict("no decision stands for this text: look into its history", code="DECIDED")
    named = standing.inn or "no substance"
    return Conflict(
        f"{standing.client} decided this text for `{named}`, decision `{standing.id}`: "
        f"read its reason, and pass `supersedes: {standing.id}` to decide otherwise",
        code="DECIDED",
    )


def _inn(text: str, register: Explainer) -> str:
    """Read the INN of one substance of the register."""
    if found := register.substance(text):
        return found.inn
    if "+" in text:
        raise InvalidInput(
            "an ingredient holds one substance, and this names several: leave the text open, and "
            "have the feed take it apart",
            code="COMBINATION",
        )
    near = ", ".join(f"`{name}`" for name in register.near_names(text))
    advice = f"did you mean {near}" if near else "use the INN of a substance of the register"
    raise InvalidInput(
        f"the register has no INN `{text[:200]}`: {advice}", code="UNKNOWN_SUBSTANCE"
    )
