"""Answers of statistics: parts from the plan's statement, figures withheld, the rest as JSON.

Rows that are only counted make one table, of the dimensions and the fields of the filter. Figures
are withheld from that whole table; those left are entered in the ledger, and the filter chooses
among them last. Start at `answer_stats`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Context, Decimal, localcontext
from typing import Any

import orjson
from psycopg.rows import TupleRow

from hub.disclosure.audit import Figure
from hub.disclosure.ledger import AggregateLedger, Answer
from hub.disclosure.suppression import Place, Rule, withheld
from hub.errors import InvalidInput, TooLarge, Unavailable
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import Mask
from hub.gateway.reading import reading
from hub.gateway.stats.plan import MAX_CELLS, MAX_GROUPS, MAX_PARTS, StatsPlan
from hub.store.database import Pool

_EXACT = Context(prec=200_000)
"""More digits than PostgreSQL's numbers have, so that no sum is rounded."""


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom statistics are answered: the member that learns them, under which policies."""

    member: str
    policy_digest: str
    pool: Pool
    ledger: AggregateLedger | None


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum, and digests of what it is the sum of, where its rows are only counted."""

    amount: Decimal | None
    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One row of the statement: rows that may be read, or one holder's that are only counted."""

    is_exact: bool
    holder: int | None
    is_match: bool
    place: Place
    count: int
    holders: int
    mask: int
    items: tuple[int, ...]
    sums: Mapping[str, Sum]

    @classmethod
    def of(cls, row: TupleRow, plan: StatsPlan) -> "Part":
        """Read a row in the order of the plan's columns."""
        end = 3 + len(plan.table)
        count, holders, mask, items, *sums = row[end:]
        pairs = zip(sums[::2], sums[1::2], strict=True)
        found = {
            name: Sum(amount, tuple(those or ()))
            for name, (amount, those) in zip(plan.sums, pairs, strict=True)
        }
        is_exact, holder, is_match = row[:3]
        place = tuple(row[3:end])
        return cls(
            is_exact, holder, is_match, place, count, holders, mask or 0, tuple(items or ()), found
        )


@dataclass(slots=True)
class Group:
    """A group as it is told."""

    count: int = 0
    holders: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    is_suppressed: bool = False

    def add(self, name: str, amount: Decimal) -> None:
        """Add to a sum."""
        self.sums[name] = self.sums.get(name, Decimal(0)) + amount


@dataclass(frozen=True, slots=True)
class Told:
    """What may be told: groups by their values of the dimensions asked for, and figures given."""

    groups: Mapping[Place, Group]
    is_suppressed: bool
    figures: Mapping[str, Sequence[Figure]]


@dataclass(frozen=True, slots=True)
class StatsAnswer:
    """An answer as JSON, and the places where something was masked."""

    json: bytes
    masked: tuple[Mask, ...]


async def answer_stats(plan: StatsPlan, asker: Asker) -> StatsAnswer:
    """Answer statistics; what is told of counted rows is in the ledger by then.

    Raises:
        InvalidInput: the question makes too many groups.
        TooLarge: its counted rows are too many.
        Forbidden: the ledger refuses it.
        Unavailable: there is no ledger, or it can't keep the answer.
    """
    now = datetime.now(UTC)
    as_of = min(plan.selected.arguments.get("asOf") or now, now)
    async with reading(asker.pool) as connection:
        cursor = await connection.execute(plan.sql, plan.parameters)
        rows = await cursor.fetchall()
    if plan.smallest_cell is not None:
        _check_size(plan, rows)
    told, mask = await asyncio.to_thread(_tell, plan, rows)
    if len(told.groups) > MAX_GROUPS:
        raise InvalidInput(
            f"the question makes over {MAX_GROUPS} groups: group by fewer fields, or filter",
            code="TOO_MANY_GROUPS",
        )
    if any(told.figures.values()):
        await _admit(plan, told, as_of, asker)
    masked = tuple(each for place, each in enumerate(plan.masks) if mask >> place & 1)
    return StatsAnswer(orjson.dumps(_shown(plan, told)), masked)


def _check_size(plan: StatsPlan, rows: Sequence[TupleRow]) -> None:
    """Refuse a table of counted rows that would take too long to look through."""
    cells = {row[3 : 3 + len(plan.table)] for row in rows if not row[0]}
    if len(rows) > MAX_PARTS or len(cells) > MAX_CELLS:
        raise TooLarge(
            f"the fields of the question and its filter make over {MAX_CELLS} groups, or over "
            f"{MAX_PARTS} groups of one holder: name fewer of them",
            code="TOO_MANY_GROUPS",
        )


async def _admit(plan: StatsPlan, told: Told, as_of: datetime, asker: Asker) -> None:
    if asker.ledger is None:
        raise Unavailable("the hub keeps no ledger of figures, so it gives none: ask its operator")
    await asker.ledger.admit(
        Answer(
            recipient=asker.member,
            record_type=plan.record_type,
            question=plan.question,
            as_of=as_of,
            policy_digest=asker.policy_digest,
            figures=told.figures,
        )
    )


def _tell(plan: StatsPlan, rows: Iterable[TupleRow]) -> tuple[Told, int]:
    """Work out what may be told, and the mask bits of the rows that may be read."""
    parts = [Part.of(row, plan) for row in rows]
    mask = 0
    groups: dict[Place, Group] = {}
    with localcontext(_EXACT):
        for part in parts:
            if part.is_exact:
                mask |= part.mask
                _add_exact(groups.setdefault(_asked(plan, part.place), Group()), part)
        counted = _Counted(plan, [part for part in parts if not part.is_exact])
        counted.add_to(groups)
    return Told(groups, counted.is_suppressed, counted.figures), mask


def _add_exact(group: Group, part: Part) -> None:
    group.count += part.count
    group.holders += part.holders
    for name, each in part.sums.items():
        if each.amount is not None:
            group.add(name, each.amount)


def _asked(plan: StatsPlan, place: Place) -> Place:
    """Keep of a place in the table the dimensions that were asked for, in the order asked."""
    return tuple(place[plan.table.index(name)] for name in plan.grouped)


class _Counted:
    """The table of counted rows, and what of it is withheld."""

    def __init__(self, plan: StatsPlan, parts: Sequence[Part]) -> None:
        self._plan = plan
        self._cells: dict[Place, list[Part]] = {}
        for part in parts:
            self._cells.setdefault(part.place, []).append(part)
        self._smallest = plan.smallest_cell or 0
        counts = {
            place: {int(part.holder or 0): Decimal(part.count) for part in cell}
            for place, cell in self._cells.items()
        }
        rule = Rule(self._smallest)
        whole = tuple(range(len(plan.table)))
        hidden = withheld(counts, rule)
        self._hidden = hidden.get(whole, frozenset())
        self.is_suppressed = bool(self._hidden) and rule.is_safe(
            counts[each] for each in self._hidden
        )
        self._hidden_sums = {
            name: withheld(self._amounts(name), Rule(self._smallest, is_sum=True), hidden).get(
                whole, frozenset()
            )
            for name in plan.sums
        }

    def _amounts(self, name: str) -> dict[Place, dict[int, Decimal]]:
        found: dict[Place, dict[int, Decimal]] = {}
        for place, cell in self._cells.items():
            for part in cell:
                amount = part.sums[name].amount
                if amount is not None:
                    found.setdefault(place, {})[int(part.holder or 0)] = amount
        return found

    @property
    def figures(self) -> dict[str, list[Figure]]:
        """All figures of the table that are not withheld, by measure."""
        shown = [cell for place, cell in self._cells.items() if place not in self._hidden]
        found = {
            "count": [self._figure((part.holder, part.items) for part in cell) for cell in shown]
        }
        for name, hidden in self._hidden_sums.items():
            found[name] = [
                self._figure((part.holder, part.sums[name].items) for part in cell)
                for place, cell in self._cells.items()
                if place not in hidden and any(part.sums[name].items for part in cell)
            ]
        return found

    def _figure(self, parts: Iterable[tuple[int | None, tuple[int, ...]]]) -> Figure:
        """Make a figure of each holder's items."""
        pairs = [(item, int(holder or 0)) for holder, items in parts for item in items]
        items, holders = zip(*pairs, strict=True)
        return Figure(items, holders, self._smallest)

    def add_to(self, groups: dict[Place, Group]) -> None:
        """Add what is told to the groups that the filter chooses."""
        holders: dict[Place, set[int | None]] = {}
        for place, cell in self._cells.items():
            if place in self._hidden or not cell[0].is_match:
                continue
            asked = _asked(self._plan, place)
            self._add(groups.setdefault(asked, Group()), place, cell)
            holders.setdefault(asked, set()).update(part.holder for part in cell)
        for asked, found in holders.items():
            groups[asked].holders += len(found)

    def _add(self, group: Group, place: Place, cell: Sequence[Part]) -> None:
        group.count += sum(part.count for part in cell)
        for name, hidden in self._hidden_sums.items():
            amounts = [part.sums[name].amount for part in cell]
            stated = [amount for amount in amounts if amount is not None]
            if place in hidden:
                group.is_suppressed = True
            elif stated:
                group.add(name, sum(stated, Decimal(0)))


def _shown(plan: StatsPlan, told: Told) -> dict[str, Any]:
    values: dict[str, Any] = {
        "count": sum(group.count for group in told.groups.values()),
        "isSuppressed": told.is_suppressed,
        "note": plan.note,
        "__typename": f"{plan.record_type}Stats",
    }
    ordered = sorted(told.groups.items(), key=lambda found: _order(found[0]))
    return {
        child.alias: [_shown_group(plan, child, *each) for each in ordered]
        if child.name == "groups"
        else values[child.name]
        for child in plan.selected.children
    }


def _shown_group(plan: StatsPlan, selected: Selected, place: Place, group: Group) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(plan.grouped, place, strict=True)) | {
        "count": group.count,
        "holders": group.holders,
        "isSuppressed": group.is_suppressed,
        "__typename": f"{plan.record_type}StatsGroup",
    }
    return {
        child.alias: dict(_shown_sums(plan, child, group))
        if child.name == "sums"
        else values.get(child.name)
        for child in selected.children
    }


def _shown_sums(plan: StatsPlan, selected: Selected, group: Group) -> Iterator[tuple[str, Any]]:
    for child in selected.children:
        if child.name == "__typename":
            yield child.alias, f"{plan.record_type}Sums"
        else:
            amount = group.sums.get(child.name)
            yield child.alias, None if amount is None else f"{amount:f}"


def _order(place: Place) -> tuple[tuple[bool, str], ...]:
    """Order by values, missing ones last."""
    return tuple((value is None, str(value)) for value in place)
