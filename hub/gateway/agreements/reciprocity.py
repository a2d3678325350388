"""The root field `reciprocity`: who shares what with whom, side by side, and what is returned.

A member sees the pairs that it is one of, the alliance's own bodies see all. Rows are counted for a
regulator of the member that receives, by the purpose of the question; for a member only those that
it sees itself. Rows that are open in aggregates alone are never counted here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from operator import attrgetter

import strawberry
from strawberry.dataloader import DataLoader

from federation.records.declaration import Group, Origin
from federation.records.registry import RECORD_TYPES
from hub.errors import Forbidden, InvalidInput
from hub.gateway.execution.executor import Info, Request
from hub.gateway.planning.statement import Statement, quoted
from hub.gateway.reading import reading
from hub.identity.types import ALLIANCE_ROLES, Caller, Role
from hub.policy.engine import Decisions, PolicyEngine
from hub.policy.parties import knows
from hub.policy.principals import MEMBERS, Mode
from hub.policy.reciprocity import FULLNESS, Gift, balance
from hub.policy.schema import Level

_HOW = {Level.READ: "as it is", Level.ROUND: "rounded", Level.COUNT: "in aggregates alone"}


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of sharing a field group."""

    owner: Origin
    recipient: Origin
    record_type: str
    group: Group

    @property
    def back(self) -> "Way":
        """The same group, the other way."""
        return Way(self.recipient, self.owner, self.record_type, self.group)


RowCounts = DataLoader[Way, int]


@strawberry.type(description="What one agreement shares of a field group, and whether it holds.")
class SharedGroup:
    """What one agreement shares of a field group."""

    agreement: strawberry.ID
    level: str = strawberry.field(description="`as it is`, `rounded` or `in aggregates alone`.")
    is_reciprocal: bool = strawberry.field(
        description="Whether it holds only while as much is given back."
    )
    holds: bool
    reason: str = strawberry.field(description="Why it holds or does not.")


async def _rows(root: strawberry.Parent["ReciprocitySide"]) -> int:
    return await root.counts.load(root.way)


@strawberry.type(description="What one member shares of a field group with another.")
class ReciprocitySide:
    """One side of a line."""

    owner: str
    recipient: str
    shares: list[SharedGroup]
    way: strawberry.Private[Way]
    counts: strawberry.Private[RowCounts]
    rows: int = strawberry.field(
        resolver=_rows,
        description="The owner's records whose fields a regulator of the recipient sees, exactly "
        "or rounded, by the purpose of your token. Members count what they see themselves.",
    )


@strawberry.type(description="A field group that one of two members shares with the other.")
class ReciprocityLine:
    """A line of the balance sheet."""

    record_type: str
    group: str
    given: ReciprocitySide
    returned: ReciprocitySide


@strawberry.type(description="What two members share with each other, group by group.")
class ReciprocityBalance:
    """The balance sheet of two members; `given` is by the first."""

    members: list[str]
    lines: list[ReciprocityLine]


async def _reciprocity(
    info: Info, member: strawberry.ID | None = None
) -> list[ReciprocityBalance] | None:
    request, engine = info.context, info.context.desks.agreements.engine
    pairs = _pairs(request.caller, member)
    mode = Mode(engine.decide(request.caller).class_key.mode)
    in_force = engine.policy_set.period_at(engine.now()).agreements
    known = {each.id for each in in_force if knows(request.caller, each)}
    sheet = _Sheet([*balance(in_force, mode)], known, DataLoader(_Counting(request, engine).load))
    return [ReciprocityBalance(members=list(pair), lines=[*sheet.lines(*pair)]) for pair in pairs]


def reciprocity_queries() -> dict[str, object]:
    """Make the root field of the balance sheet."""
    return {
        "reciprocity": strawberry.field(
            resolver=_reciprocity,
            description="What members share with each other, and which reciprocal shares hold: "
            "your own member's pairs, or all for the alliance's own bodies.",
        )
    }


def _pairs(caller: Caller, member: str | None) -> list[tuple[Origin, Origin]]:
    if member is not None and member not in MEMBERS:
        raise InvalidInput(f"no member `{member[:40]}`: use {', '.join(MEMBERS)}")
    if caller.roles & ALLIANCE_ROLES:
        pairs = combinations(MEMBERS, 2)
        return [pair for pair in pairs if member is None or member in pair]
    if member not in {None, caller.member}:
        raise Forbidden(
            f"what {member} shares with others is told to it and to the secretariat and the "
            f"auditor: ask for `{caller.member}`, or leave `member` out"
        )
    own = Origin(caller.member)
    return [(own, other) for other in MEMBERS if other != own]


class _Sheet:
    """The gifts in force, by their way."""

    def __init__(self, gifts: Sequence[Gift], known: Iterable[str], counts: RowCounts) -> None:
        self._gifts: defaultdict[Way, list[Gift]] = defaultdict(list)
        for gift in gifts:
            way = Way(gift.owner, gift.recipient, gift.record_type, gift.group)
            self._gifts[way].append(gift)
        self._known = frozenset(known)
        self._counts = counts

    def lines(self, one: Origin, other: Origin) -> Iterator[ReciprocityLine]:
        for record_type in RECORD_TYPES.values():
            for group in record_type.groups:
                given = Way(one, other, record_type.name, group)
                sides = [self._side(given), self._side(given.back)]
                if any(side.shares for side in sides):
                    yield ReciprocityLine(
                        record_type=record_type.name, group=group, given=sides[0], returned=sides[1]
                    )

    def _side(self, way: Way) -> ReciprocitySide:
        return ReciprocitySide(
            owner=way.owner,
            recipient=way.recipient,
            shares=[
                SharedGroup(
                    agreement=strawberry.ID(gift.agreement),
                    level=_HOW[gift.level],
                    is_reciprocal=gift.is_reciprocal,
                    holds=gift.holds,
                    reason=self._reason(gift, way),
                )
                for gift in self._gifts.get(way, ())
                if gift.agreement in self._known
            ],
            way=way,
            counts=self._counts,
        )

    def _reason(self, gift: Gift, way: Way) -> str:
        if not gift.is_reciprocal:
            return "it is given whether it is returned or not"
        if gift.holds:
            return f"{way.recipient} gives as much back"
        levels = [each.level for each in self._gifts.get(way.back, ()) if each.holds]
        if not levels:
            return f"{way.recipient} gives nothing of it back"
        return f"{way.recipient} gives it back {_HOW[max(levels, key=FULLNESS.__getitem__)]} only"


@dataclass(frozen=True, slots=True)
class _Counting:
    """Counts rows for one asker, all ways of a record type in one statement."""

    request: Request
    engine: PolicyEngine

    async def load(self, ways: list[Way]) -> list[int]:
        """Count the rows that each recipient sees."""
        found: dict[Way, int] = {}
        by_type = attrgetter("record_type")
        for record_type, same in groupby(sorted(ways, key=by_type), by_type):
            chosen = [*same]
            statement = Statement()
            sql = self._sql(record_type, chosen, statement)
            async with reading(self.request.pool) as connection:
                row = await (await connection.execute(sql, statement.parameters)).fetchone()
            found |= zip(chosen, row or (), strict=True)
        return [found[way] for way in ways]

    def _sql(self, record_type: str, ways: Sequence[Way], statement: Statement) -> str:
        counts = ", ".join(
            f"count(*) FILTER (WHERE b.origin = {statement.bind(way.owner, 'text')} "
            f"AND {_seen(self._decisions(way.recipient), way)})"
            for way in ways
        )
        table = quoted(RECORD_TYPES[record_type].table)
        own = "true"
        if not self.request.caller.roles & ALLIANCE_ROLES:
            own = (
                self._decisions(self.request.caller.member)
                .predicate(record_type, Group.PUBLIC)
                .sql("b")
            )
        return f"SELECT {counts} FROM {table} b WHERE b.superseded_at IS NULL AND ({own})"

    def _decisions(self, member: str) -> Decisions:
        """Decide for the asker itself, and for others as for a regulator of no known office."""
        asker = self.request.caller
        if member == asker.member:
            return self.engine.decide(asker)
        regulator = Caller(
            issuer="",
            subject="",
            client="",
            member=member,
            organisation="",
            roles=frozenset({Role.REGULATOR, Role.AGENCY}),
            purpose=asker.purpose,
            sender_constrained=False,
            token_id="",
        )
        return self.engine.decide(regulator)


def _seen(decisions: Decisions, way: Way) -> str:
    """Write the condition that a row is seen, and the group of it, exactly or rounded."""
    exact = decisions.predicate(way.record_type, way.group)
    roundings = decisions.roundings(way.record_type, way.group)
    some = " OR ".join(f"({each.sql('b')})" for each in (exact, *(r.predicate for r in roundings)))
    visible = decisions.predicate(way.record_type, Group.PUBLIC).sql("b")
    return f"({visible}) AND ({some})"
