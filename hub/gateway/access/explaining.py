"""Why a caller sees a field of a record or does not: the root field `explainAccess`.

Which policies bear on it comes of `hub.policy.explanation`; here their conditions are tested on the
row, in one statement that finds only what the asker sees anyway. Where it finds nothing, the
answer says what agreements say of the record type and origin in the key, and nothing of a record:
a hidden one and a missing one give the same bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import strawberry
from psycopg import AsyncConnection

from federation.records.declaration import FieldFacts, Group, Origin
from federation.records.registry import RECORD_TYPES
from hub.errors import Forbidden, InvalidInput
from hub.gateway.access.types import AccessExplanation, AccessOutcome, AccessRule
from hub.gateway.planning.fields import by_graphql_name
from hub.gateway.planning.rounding import is_harmless, is_number
from hub.gateway.planning.statement import quoted
from hub.identity.own_issuer.clients import find
from hub.identity.types import ALLIANCE_ROLES, Caller, Purpose, Role
from hub.policy.engine import Decisions, PolicyEngine
from hub.policy.explanation import Bearing, bearings
from hub.policy.expression import AtLeast, Expression, conjuncts
from hub.policy.parties import knows
from hub.policy.policy_set import Effect
from hub.policy.schema import AGE_DAYS, Action, Level
from hub.policy.sql import emit
from hub.policy.wording import worded


@dataclass(frozen=True, slots=True)
class Target:
    """A key's parts and a field of its record type, whether there is such a record or not."""

    key: str
    origin: Origin
    record_type: str
    facts: FieldFacts
    field: str

    @classmethod
    def of(cls, key: str, field: str) -> "Target":
        """Read a key and a field's GraphQL name.

        Raises:
            InvalidInput: the key is none, or the record type has no such field.
        """
        origin, _, rest = key.partition(".")
        record_type, _, national_id = rest.partition(".")
        if origin not in list(Origin) or record_type not in RECORD_TYPES or not national_id:
            raise InvalidInput(f"`{key[:80]}` is no key: write it as `KR.Product.195500005`")
        facts = by_graphql_name(dict(RECORD_TYPES[record_type].fields)).get(field)
        if facts is None:
            raise InvalidInput(
                f"{record_type} has no field `{field[:80]}`: use a name of the schema, `status`"
            )
        return cls(key, Origin(origin), record_type, facts, field)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The field's group, and the public one, which opens the record as such."""
        return tuple(dict.fromkeys((self.facts.group, Group.PUBLIC)))


async def client_asked_for(
    connection: AsyncConnection, asker: Caller, target: Target, client_id: str, purpose: Purpose
) -> Caller:
    """Find the client that somebody asks for, as if it were to call.

    Raises:
        Forbidden: the asker is neither of the alliance's own bodies nor the record's owner.
        InvalidInput: there is no such client, or it may not state the purpose.
    """
    is_owner = asker.member == target.origin and asker.roles & {Role.REGULATOR, Role.AGENCY}
    if not (asker.roles & ALLIANCE_ROLES or is_owner):
        raise Forbidden(
            f"what others see of {target.origin}'s records is told to {target.origin} and to the "
            "secretariat and the auditor: leave `client` out to ask for yourself"
        )
    try:
        client = await find(connection, client_id)
    except InvalidInput as error:
        # Other members' clients are nobody's business here, so none is named.
        raise InvalidInput(
            f"no active client `{client_id[:80]}`: ask the secretariat for its id"
        ) from error
    if purpose not in client.purposes:
        raise InvalidInput(f"the client `{client_id}` may not ask for {purpose}: choose `purpose`")
    return client.asking(purpose)


async def explain_access(
    connection: AsyncConnection, engine: PolicyEngine, target: Target, asker: Caller, about: Caller
) -> AccessExplanation:
    """Explain to somebody what becomes of a field for a caller, mostly for itself.

    Raises:
        Undecided: Cedar's answer can't be relied on.
    """
    case = _Case.of(engine, target, asker, about)
    sql, tests = case.statement(engine.decide(asker))
    row = await (await connection.execute(sql, [target.key])).fetchone()
    if row is None:
        return case.without_row()
    return case.with_row(_Row(row[0], dict(zip(tests, row[1], strict=True))))


@dataclass(frozen=True, slots=True)
class _Row:
    """What is true of a row the asker sees: its age, and which of the tests hold."""

    age_days: int
    holds: Mapping[str, bool]

    def unmet(self, condition: Expression) -> Iterator[str]:
        """Say which parts of a condition the row does not meet."""
        for part in sorted(conjuncts(condition), key=worded):
            if not self.holds[_test(part)]:
                match part:
                    case AtLeast(attribute, int(bound)) if attribute == AGE_DAYS:
                        yield f"{worded(part)}, which takes {bound - self.age_days} more days"
                    case _:
                        yield worded(part)


@dataclass(frozen=True, slots=True)
class _Case:
    """One question, with all that policies say of it."""

    target: Target
    asker: Caller
    about: Caller
    decisions: Decisions
    bearings: tuple[Bearing, ...]

    @classmethod
    def of(cls, engine: PolicyEngine, target: Target, asker: Caller, about: Caller) -> "_Case":
        decisions = engine.decide(about)
        found = [
            each
            for group in target.groups
            for level in Level
            for each in bearings(
                engine.policy_set,
                decisions.class_key,
                Action(target.record_type, group, level),
                origin=target.origin,
                at=engine.now(),
                may_tell=partial(knows, asker),
            )
        ]
        return cls(target, asker, about, decisions, tuple(_first_of_each(found)))

    def statement(self, askers: Decisions) -> tuple[str, list[str]]:
        """Write the statement that finds the row, if the asker sees it, and tests it."""
        parts = (part for each in self.bearings for part in conjuncts(each.condition))
        outcomes = (self._seen, self._exact, *(each for each, _ in self._roundings))
        tests = [*dict.fromkeys((*outcomes, *map(_test, parts)))]
        visible = askers.predicate(self.target.record_type, Group.PUBLIC).sql("b")
        sql = (
            f"SELECT {AGE_DAYS.sql.format(row='b')}, ARRAY[{', '.join(tests)}]::boolean[] "
            f"FROM {quoted(RECORD_TYPES[self.target.record_type].table)} b "
            f"WHERE b.superseded_at IS NULL AND b.key = $1::text AND ({visible})"
        )
        return sql, tests

    def without_row(self) -> AccessExplanation:
        summary = "you see no record under this key: there is none, or nothing opens it to you"
        would = [_rule(each, each.lacking) for each in self.bearings if self._is_offer(each)]
        return self._told(AccessOutcome.NO_RECORD_SEEN, summary, would_open=would)

    def with_row(self, row: _Row) -> AccessExplanation:
        outcome, step = self._outcome(row)
        is_hidden = outcome is AccessOutcome.RECORD_HIDDEN
        groups = self.target.groups if is_hidden else self.target.groups[:1]
        unmet = {
            each: (*each.lacking, *row.unmet(each.condition))
            for each in self.bearings
            if each.group in groups
        }
        holding = [each for each, lacking in unmet.items() if not lacking]
        permits = [each for each in holding if each.policy.effect is Effect.PERMIT]
        opened = [_rule(each) for each in permits if _is_how(each, outcome, step)]
        is_shown = outcome is AccessOutcome.SHOWN
        closed = [_rule(each) for each in holding if each not in permits and self._may_know(each)]
        would = [
            _rule(each, lacking)
            for each, lacking in unmet.items()
            if lacking and self._is_offer(each)
        ]
        return self._told(
            outcome,
            f"for {self._whom}, {self._end(outcome, step, opened, closed)}",
            rounded_to=None if is_shown else step,
            opened_by=opened,
            closed_by=() if is_shown else closed,
            would_open=() if is_shown else would,
        )

    @property
    def _seen(self) -> str:
        return f"({self.decisions.predicate(self.target.record_type, Group.PUBLIC).sql('b')})"

    @property
    def _exact(self) -> str:
        group = self.target.facts.group
        return f"({self.decisions.predicate(self.target.record_type, group).sql('b')})"

    @property
    def _roundings(self) -> list[tuple[str, int]]:
        found = self.decisions.roundings(self.target.record_type, self.target.facts.group)
        return [(f"({each.predicate.sql('b')})", each.step) for each in found]

    def _outcome(self, row: _Row) -> tuple[AccessOutcome, int | None]:
        """Give what becomes of the field, and by which rounding, where it is not seen exactly."""
        if not row.holds[self._seen]:
            return AccessOutcome.RECORD_HIDDEN, None
        if row.holds[self._exact]:
            return AccessOutcome.SHOWN, None
        for test, step in self._roundings:
            if row.holds[test] and is_number(self.target.facts):
                return AccessOutcome.ROUNDED, step
            if row.holds[test] and is_harmless(self.target.facts):
                return AccessOutcome.SHOWN, step
        return AccessOutcome.MASKED, None

    @property
    def _whom(self) -> str:
        return "you" if self.about == self.asker else f"`{self.about.client}`"

    def _end(
        self,
        outcome: AccessOutcome,
        step: int | None,
        opened: Sequence[AccessRule],
        closed: Sequence[AccessRule],
    ) -> str:
        match outcome:
            case AccessOutcome.SHOWN:
                return f"`{self.target.field}` is shown as it is"
            case AccessOutcome.ROUNDED:
                return f"`{self.target.field}` is rounded to {step}"
            case AccessOutcome.RECORD_HIDDEN:
                state, what = "the record is hidden", "it"
            case _:
                state = f"`{self.target.field}` is masked"
                what = f"{self.target.facts.group} fields of this record"
        if closed:
            return f"{state}: {' and '.join(f'`{rule.policy}`' for rule in closed)} forbids it"
        if opened:
            return f"{state}: no more is open than {' and '.join(rule.opens for rule in opened)}"
        return f"{state}: nothing opens {what} to {self.about.member} for {self.about.purpose}"

    def _is_offer(self, bearing: Bearing) -> bool:
        return bearing.policy.effect is Effect.PERMIT and self._may_know(bearing)

    def _may_know(self, bearing: Bearing) -> bool:
        return bearing.agreement is None or knows(self.asker, bearing.agreement)

    def _told(
        self,
        outcome: AccessOutcome,
        summary: str,
        *,
        rounded_to: int | None = None,
        opened_by: Iterable[AccessRule] = (),
        closed_by: Iterable[AccessRule] = (),
        would_open: Iterable[AccessRule] = (),
    ) -> AccessExplanation:
        return AccessExplanation(
            record_type=self.target.record_type,
            origin=self.target.origin,
            field=self.target.field,
            group=self.target.facts.group,
            client=self.about.client,
            purpose=self.about.purpose,
            mode=self.decisions.class_key.mode,
            outcome=outcome,
            rounded_to=rounded_to,
            summary=summary,
            opened_by=list(opened_by),
            closed_by=list(closed_by),
            would_open=list(would_open),
        )


def _is_how(bearing: Bearing, outcome: AccessOutcome, step: int | None) -> bool:
    """Tell the permits that an outcome is due to; of a masked field all that open it less."""
    if step:
        return bearing.policy.rounded_to == step
    return bearing.level is Level.READ or outcome is not AccessOutcome.SHOWN


def _first_of_each(found: Iterable[Bearing]) -> Iterator[Bearing]:
    """Drop what bears on a group at a second level too, as what forbids reading does."""
    known: dict[tuple[str, Group], Bearing] = {}
    for each in found:
        known.setdefault((each.policy.id, each.group), each)
    return iter(known.values())


def _test(part: Expression) -> str:
    return f"({emit(part, 'b')})"


def _rule(bearing: Bearing, lacking: Iterable[str] = ()) -> AccessRule:
    agreement = bearing.agreement
    return AccessRule(
        policy=strawberry.ID(bearing.policy.id),
        agreement=strawberry.ID(agreement.id) if agreement else None,
        title=agreement.title if agreement else None,
        owner=agreement.owner if agreement else None,
        legal_basis=agreement.legal_basis if agreement else None,
        opens=_opens(bearing),
        condition=worded(bearing.condition),
        lacking=list(lacking),
    )


def _opens(bearing: Bearing) -> str:
    fields = f"{bearing.group} fields"
    match bearing.level:
        case Level.READ:
            return fields
        case Level.ROUND:
            return f"numbers of {fields}, rounded to {bearing.policy.rounded_to}"
    return f"{fields} in aggregates of {bearing.policy.smallest_cell} holders or more"
