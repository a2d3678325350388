"""The questions of the last days, asked again under a draft of the policies.

Each kept question is planned by the set in force and by the draft; where the two plans differ both
run, and what the answers show is compared by record key and field. Values never leave this module,
and nothing but plans of records runs: no mutation can be replayed, and no statistics, whose
figures would have to be booked.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson
import psycopg
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationType
from graphql.execution.collect_fields import collect_fields
from graphql.execution.executor import Executor
from psycopg import AsyncConnection

from hub.disclosure.asked import MOST_DAYS, Asked, KeptQuestion, read_asked
from hub.errors import HubError, InvalidInput
from hub.gateway.execution.roots import RootField, root_field
from hub.gateway.planning.plan import connection_plan, node_plan
from hub.gateway.planning.statement import Mask
from hub.gateway.preview.answers import Shown, keyed, shown
from hub.gateway.questions.parsed import Documents, Refused
from hub.identity.types import Role
from hub.policy.engine import Decisions, PolicyEngine
from hub.policy.policy_set import PolicySet
from hub.policy.principals import Mode

MOST_QUESTIONS = 200
"""Most questions that one replay asks again, those asked most often."""

MOST_SECONDS = 30.0
"""How long a replay goes on with further questions."""


_OF_RECORDS = (connection_plan, node_plan)
"""Planners whose answers are compared record by record."""


@dataclass(frozen=True, slots=True)
class FieldEffect:
    """What changes in the answer of one root field, nested records included.

    Rows are those of the page that is asked: one that comes in may push another out. A value that
    is shown otherwise than before, rounded for one, has changed. Totals are there where asked for.
    """

    path: str
    rows_gained: int
    rows_lost: int
    values_gained: int
    values_lost: int
    values_changed: int
    total_before: int | None
    total_after: int | None
    masked_anew: tuple[str, ...]
    unmasked: tuple[str, ...]

    @property
    def is_any(self) -> bool:
        """Whether anything changes."""
        counts = (self.rows_gained, self.rows_lost, self.values_gained, self.values_lost)
        return bool(
            any(counts)
            or self.values_changed
            or self.total_before != self.total_after
            or self.masked_anew
            or self.unmasked
        )


@dataclass(frozen=True, slots=True)
class QuestionEffect:
    """A question whose answer changes for the client that asked it."""

    digest: str
    client: str
    member: str
    purpose: str
    times: int
    last_at: datetime
    document: str
    fields: tuple[FieldEffect, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """How many kept questions there were, what became of them, and those whose answers change.

    `asked` = `unaffected` + `failed` + `left_out` + those in `effects`. Left out are those that
    were too many, and those whose statistics might change.
    """

    asked: int
    unaffected: int
    failed: int
    left_out: int
    effects: tuple[QuestionEffect, ...]


async def replay(
    connection: AsyncConnection,
    current: PolicySet,
    draft: PolicySet,
    previewer: Decisions,
    *,
    mode: Mode,
    at: datetime,
    days: int,
    schema: GraphQLSchema,
) -> Replay:
    """Ask the questions of the last days again under a draft. Takes up to a minute.

    Who may is `preview.check_may_preview`'s to say. For the secretariat all records count; for a
    member its own alone, without totals and masks, and documents are not shown to it.

    Args:
        connection: of a reading pool, for its time limit.
        current: the set in force.
        draft: an admitted set.
        previewer: decisions for the previewing person, by the set in force.
        mode: the alliance's state to replay for.
        at: which agreements are in force.
        days: how far back to go, 1 to `asked.MOST_DAYS`.
        schema: the gateway's own.

    Raises:
        InvalidInput: `days` is out of range.
        Undecided: Cedar's answer can't be relied on.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(
            f"`days` is {days}, and questions are kept for {MOST_DAYS}: ask for 1 to {MOST_DAYS}"
        )
    kept, found = await read_asked(connection, days=days, most=MOST_QUESTIONS)
    turn = _Turn(
        connection,
        PolicyEngine(current, clock=lambda: at, mode=mode),
        PolicyEngine(draft, clock=lambda: at, mode=mode),
        _Sight(previewer),
        Documents(schema),
        schema,
        left_out=found - len(kept),
    )
    await turn.ask_all(kept)
    return Replay(found, turn.unaffected, turn.failed, turn.left_out, tuple(turn.effects))


class _Statistics(Exception):
    """What changes of the answer are figures, which are not asked for again."""


@dataclass
class _Turn:
    """The questions asked again so far."""

    connection: AsyncConnection
    before: PolicyEngine
    after: PolicyEngine
    sight: "_Sight"
    documents: Documents
    schema: GraphQLSchema
    unaffected: int = 0
    failed: int = 0
    left_out: int = 0
    effects: list[QuestionEffect] = field(default_factory=list)

    async def ask_all(self, questions: Sequence[KeptQuestion]) -> None:
        """Ask questions again, one after the other, for as long as a replay goes on."""
        deadline = time.monotonic() + MOST_SECONDS
        for number, question in enumerate(questions):
            if time.monotonic() > deadline:
                self.left_out += len(questions) - number
                return
            await self.ask(question)

    async def ask(self, question: KeptQuestion) -> None:
        """Ask one question again, and book what became of it."""
        try:
            fields = await self._fields(question.asked)
        except _Statistics:
            self.left_out += 1
        except (HubError, GraphQLError, Refused, psycopg.Error):
            self.failed += 1
        else:
            if fields:
                self.effects.append(self.sight.effect(question, fields))
            else:
                self.unaffected += 1

    async def _fields(self, asked: Asked) -> tuple[FieldEffect, ...]:
        decided = [
            await asyncio.to_thread(engine.decide, asked.caller)
            for engine in (self.before, self.after)
        ]
        document = self.documents.read(asked.document)
        found, has_figures = [], False
        for each in _root_fields(self.schema, document, asked):
            plans = [each.plan(decisions) for decisions in decided]
            if _is_same(*plans):
                continue
            if each.planner in _OF_RECORDS:
                effect = await self._effect(each, *decided)
                found += [effect] if effect.is_any else []
            else:
                has_figures = True
        if has_figures and not found:
            raise _Statistics
        return tuple(found)

    async def _effect(self, asked: RootField, *decided: Decisions) -> FieldEffect:
        asked = replace(asked, selected=keyed(asked.selected, asked.record_type))
        before, after = [await self._answer(asked, decisions) for decisions in decided]
        return self.sight.compared(asked.selected.alias, before, after)

    async def _answer(self, asked: RootField, decisions: Decisions) -> "_Answer":
        plan = asked.plan(decisions)
        cursor = await self.connection.execute(plan.sql, plan.parameters)
        row = await cursor.fetchone()
        if row is None or row[0] is None:
            return _Answer(Shown(), frozenset())
        answer, bits, _ = row
        masks = (mask for place, mask in enumerate(plan.masks) if bits >> place & 1)
        found = shown(asked.selected, asked.record_type, orjson.loads(answer))
        return _Answer(found, frozenset(map(_masked, masks)))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one answer shows, and what it masks."""

    shown: Shown
    masked: frozenset[str]


class _Sight:
    """What the previewing person gets to know of other people's answers."""

    def __init__(self, previewer: Decisions) -> None:
        who = previewer.class_key
        self._owner = None if Role.SECRETARIAT in who.roles else who.member

    def effect(self, question: KeptQuestion, fields: tuple[FieldEffect, ...]) -> QuestionEffect:
        asked = question.asked
        return QuestionEffect(
            digest=asked.digest,
            client=asked.client,
            member=asked.member,
            purpose=asked.purpose,
            times=question.times,
            last_at=question.last_at,
            document="" if self._owner else asked.document,
            fields=fields,
        )

    def compared(self, path: str, before: _Answer, after: _Answer) -> FieldEffect:
        old, new = (dict(self._records(each.shown)) for each in (before, after))
        gained, lost, changed = _values(old, new)
        is_whole = self._owner is None
        return FieldEffect(
            path=path,
            rows_gained=len(new.keys() - old.keys()),
            rows_lost=len(old.keys() - new.keys()),
            values_gained=gained,
            values_lost=lost,
            values_changed=changed,
            total_before=before.shown.total if is_whole else None,
            total_after=after.shown.total if is_whole else None,
            masked_anew=tuple(sorted(after.masked - before.masked)) if is_whole else (),
            unmasked=tuple(sorted(before.masked - after.masked)) if is_whole else (),
        )

    def _records(self, found: Shown) -> Iterator[tuple[tuple[str, ...], Mapping[str, object]]]:
        for place, values in found.records.items():
            if self._owner is None or place[-1].startswith(f"{self._owner}."):
                yield place, values


def _values(
    old: Mapping[tuple[str, ...], Mapping[str, object]],
    new: Mapping[tuple[str, ...], Mapping[str, object]],
) -> tuple[int, int, int]:
    """Count the values that come, that go, and that are shown otherwise."""
    gained = lost = changed = 0
    for place in old.keys() | new.keys():
        then, now = old.get(place, {}), new.get(place, {})
        for name in then.keys() | now.keys():
            was, is_now = then.get(name), now.get(name)
            gained += was is None and is_now is not None
            lost += was is not None and is_now is None
            changed += was is not None and is_now is not None and was != is_now
    return gained, lost, changed


def _root_fields(schema: GraphQLSchema, document: DocumentNode, asked: Asked) -> list[RootField]:
    """Read the record fields at the root of a kept question.

    Raises:
        Refused: there is no such operation today, or a variable is none of its type.
        HubError: a field can't be asked for so.
    """
    executor = Executor.build(
        schema, document, None, None, orjson.loads(asked.variables), asked.operation
    )
    if isinstance(executor, list):
        raise Refused(executor)
    query = schema.query_type
    if query is None or executor.operation.operation is not OperationType.QUERY:
        return []
    collected = collect_fields(
        schema, executor.fragments, executor.variable_values, query, executor.operation
    )
    fields = collected.grouped_field_set.items()
    found = (root_field(executor, query, alias, details) for alias, details in fields)
    return [each for each in found if each]


def _is_same(before: object, after: object) -> bool:
    """Tell whether two plans give the same answer: they differ in what they say of it at most."""
    return all(
        getattr(before, name) == getattr(after, name) for name in ("sql", "parameters", "masks")
    )


def _masked(mask: Mask) -> str:
    return f"{mask.path}:{mask.group}{' rounded' if mask.rounded_to else ''}"
