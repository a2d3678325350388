"""A second gateway: plain Python over the rows, graphql-core over dictionaries, and no SQL.

It answers what the hub should. Who sees what is Cedar's full decision on each row; the order of
texts is asked of PostgreSQL, since it is the database's own.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

import psycopg
from graphql import GraphQLResolveInfo, build_schema, execute_sync, parse

from federation.records.declaration import FieldFacts, Group, PartialDate
from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway.planning.naming import camel
from hub.identity.types import Caller
from hub.policy.policy_set import PolicySet, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.row_decision import row_decisions
from hub.policy.schema import AGE_DAYS, ALLIANCE, Action, Level
from tests.hub.gateway.world import Row, World, at

ROOTS = {camel(record_type.plural): record_type for record_type in RECORD_TYPES.values()}


@dataclass(frozen=True, eq=False)
class Shown:
    """A row that the caller sees."""

    record_type: RecordType
    row: Row
    as_of: datetime | None

    @property
    def key(self) -> str:
        return str(self.row["key"])


@dataclass
class Masked:
    """What was hidden or rounded: fields by (path, record type, group, whether rounded)."""

    found: dict[tuple[str, str, str, bool], list[str]] = field(default_factory=dict)

    def add(self, info: GraphQLResolveInfo, record_type: str, group: Group, *, step: int) -> None:
        *path, alias = (str(part) for part in info.path.as_list() if isinstance(part, str))
        fields = self.found.setdefault((".".join(path), record_type, str(group), step > 0), [])
        if alias not in fields:
            fields.append(alias)


class Sight:
    """Which rows and groups of rows a caller sees, when all policies of a set are in force."""

    def __init__(self, world: World, policies: PolicySet, caller: Caller, now: datetime) -> None:
        principal = PrincipalClass.of(caller)
        self._seen: dict[tuple[int, Group], bool] = {}
        self._steps: dict[tuple[int, Group], int] = {}
        for action in ALLIANCE.actions_at(Level.READ):
            covering = PolicySlice.of(each for each in policies.policies if each.covers(action))
            rows = world.rows[action.record_type]
            decided = _decided(covering, principal, action, rows, now)
            for row, seen in zip(rows, decided, strict=True):
                self._seen[id(row), action.group] = seen
        steps = {each.rounded_to for each in policies.policies if each.rounded_to}
        for action in ALLIANCE.actions_at(Level.ROUND):
            for step in sorted(steps, reverse=True):
                covering = PolicySlice.of(
                    each
                    for each in policies.policies
                    if each.covers(action) and each.rounded_to in {None, step}
                )
                rows = world.rows[action.record_type]
                decided = _decided(covering, principal, action, rows, now)
                finer = {
                    (id(row), action.group): step for row, d in zip(rows, decided, strict=True) if d
                }
                self._steps |= finer

    def of(self, row: Row, group: Group = Group.PUBLIC) -> bool:
        """Whether a group is seen exactly."""
        return self._seen[id(row), group]

    def step(self, row: Row, group: Group) -> int:
        """To which step a group is seen, 0 where it is seen exactly or not at all."""
        return 0 if self.of(row, group) else self._steps.get((id(row), group), 0)

    def value(self, row: Row, facts: FieldFacts) -> Any:
        """A field's value as it is seen; None where it is not."""
        value = row[facts.name]
        if value is None or self.of(row, facts.group):
            return value
        step = self.step(row, facts.group)
        if not step or is_words(facts):
            return None
        if not is_number(facts):
            return value
        rounded = int(Fraction(value) / step) * step
        return Decimal(rounded) if facts.python_type is Decimal else rounded


def is_number(facts: FieldFacts) -> bool:
    """Whether a field is rounded where its group is seen to a step."""
    return facts.python_type in {int, Decimal} and not facts.is_list


def is_words(facts: FieldFacts) -> bool:
    """Whether a field is left out where its group is seen to a step."""
    is_term = issubclass(facts.python_type, StrEnum) and not facts.is_list
    return not (is_number(facts) or is_term or facts.python_type is bool or facts.is_unit)


def _decided(
    policies: PolicySlice,
    principal: PrincipalClass,
    action: Action,
    rows: Sequence[Row],
    now: datetime,
) -> list[bool]:
    names = RECORD_TYPES[action.record_type].policy_attributes
    attributes = [
        {camel(facts.name): row[facts.name] for facts in names}
        | {AGE_DAYS.name: (now - row["first_recorded_at"]).days}
        for row in rows
    ]
    return row_decisions(policies, ALLIANCE, principal, action, attributes)


class TextOrder:
    """The database's order of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._places = {text: place for place, text in enumerate(texts)}

    @classmethod
    async def of(cls, url: str, world: World) -> "TextOrder":
        texts = {
            value
            for rows in world.rows.values()
            for row in rows
            for value in row.values()
            if isinstance(value, str)
        }
        async with await psycopg.AsyncConnection.connect(url) as connection:
            cursor = await connection.execute(
                "SELECT t FROM unnest(%s::text[]) t ORDER BY t", [list(texts)]
            )
            return cls([row[0] for row in await cursor.fetchall()])

    def place(self, text: str) -> int:
        return self._places[text]


class Oracle:
    """Answers questions over a world as one caller should see it."""

    def __init__(self, sdl: str, world: World, sight: Sight, texts: TextOrder) -> None:
        self._schema = build_schema(sdl)
        self._world = world
        self._sight = sight
        self._texts = texts

    def answer(
        self, question: str, variables: dict[str, Any] | None = None, operation: str | None = None
    ) -> dict[str, Any]:
        """Answer as the hub's envelope, but for the policies that opened it."""
        masked = Masked()
        result = execute_sync(
            self._schema,
            parse(question),
            context_value=masked,
            variable_values=variables,
            operation_name=operation,
            field_resolver=self._resolve,
            type_resolver=lambda value, _info, _type: value.record_type.name,
        )
        if result.errors:
            raise result.errors[0]
        return {"data": result.data, "masked": masked.found}

    def _resolve(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        name = info.field_name
        if isinstance(source, Shown):
            return self._field(source, info, name, arguments)
        if isinstance(source, Mapping):
            return source[name]
        if name == "node":
            return self._node(arguments["id"])
        return Page(self, ROOTS[name], arguments).shown

    def _node(self, key: str) -> Shown | None:
        parts = key.split(".", 2)
        if len(parts) < 3 or parts[1] not in RECORD_TYPES:
            return None
        return self._by_key(RECORD_TYPES[parts[1]], key, None)

    def _by_key(self, record_type: RecordType, key: str, as_of: datetime | None) -> Shown | None:
        return next((row for row in self.rows(record_type, as_of) if row.key == key), None)

    def rows(self, record_type: RecordType, as_of: datetime | None) -> list[Shown]:
        """The versions that the caller sees, current or as of an instant."""
        return [
            Shown(record_type, row, as_of)
            for row in self._world.rows[record_type.name]
            if self._sight.of(row) and _is_version(row, as_of)
        ]

    def value(self, shown: Shown, facts: FieldFacts) -> Any:
        """A field's value as the caller sees it: None where it is masked."""
        return self._sight.value(shown.row, facts)

    def place(self, value: Any) -> Any:
        """Where a value stands in its order."""
        return self._texts.place(value) if isinstance(value, str) else value

    def _field(
        self, shown: Shown, info: GraphQLResolveInfo, name: str, arguments: Mapping[str, Any]
    ) -> Any:
        fields = _by_graphql_name(shown.record_type)
        if name == "id":
            return shown.key
        if name in fields:
            facts = fields[name]
            step = self._sight.step(shown.row, facts.group)
            if step or not self._sight.of(shown.row, facts.group):
                info.context.add(info, shown.record_type.name, facts.group, step=step)
            return _as_json(facts, self.value(shown, facts))
        for facts in shown.record_type.fields.values():
            if facts.forward and camel(facts.forward) == name:
                target = RECORD_TYPES[str(facts.refers_to)]
                return self._by_key(target, shown.row[facts.name], shown.as_of)
        [back] = (b for b in shown.record_type.back_references if camel(b.name) == name)
        found = [
            row
            for row in self.rows(RECORD_TYPES[back.from_type], shown.as_of)
            if row.row[back.from_field] is not None
            and row.row[back.from_field] == shown.row[back.to_field]
            and row.row["listing"] == "LISTED"
            and (back.to_field == "key" or row.key != shown.key)
        ]
        return sorted(found, key=lambda row: self.place(row.key))[: arguments["first"]]


class Page:
    """A root connection's answer."""

    def __init__(
        self, oracle: Oracle, record_type: RecordType, arguments: Mapping[str, Any]
    ) -> None:
        self._oracle = oracle
        self._type = record_type
        self._fields = _by_graphql_name(record_type)
        given = arguments.get("orderBy") or ()
        # The orders' values in the SDL are names in capitals; the hub's own are GraphQL names.
        names = {name.upper(): camel(name) for name in record_type.fields}
        self._orders = [(names[one["field"]], one["direction"]) for one in given]
        as_of = arguments.get("asOf")
        rows = oracle.rows(record_type, at(as_of) if as_of else None)
        found = [row for row in rows if self._meets(row, arguments.get("filter") or {})]
        found.sort(key=cmp_to_key(self._compare))
        start = self._start(arguments.get("after"), found)
        page = found[start : start + arguments["first"]]
        self.shown = {
            "totalCount": len(found),
            "nodes": page,
            "edges": [{"node": row, "cursor": self.cursor(row)} for row in page],
            "pageInfo": {
                "hasNextPage": len(found) > start + len(page),
                "hasPreviousPage": arguments.get("after") is not None,
                "startCursor": self.cursor(page[0]) if page else None,
                "endCursor": self.cursor(page[-1]) if page else None,
            },
        }

    def cursor(self, shown: Shown) -> str:
        """The documented cursor: order, values, key."""
        name = ", ".join(
            [f"{field} {way}" for field, way in self._orders] + [f"key of {self._type.name}"]
        )
        values = [
            sql_text(self._comparable(shown, self._fields[field])) for field, _ in self._orders
        ]
        text = json.dumps([name, *values, shown.key], ensure_ascii=False)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _start(self, after: str | None, found: list[Shown]) -> int:
        """The place after a cursor that is one of the found rows'."""
        if after is None:
            return 0
        return 1 + [self.cursor(row) for row in found].index(after)

    def _comparable(self, shown: Shown, facts: FieldFacts) -> Any:
        value = self._oracle.value(shown, facts)
        return value and value["earliest"] if facts.python_type is PartialDate else value

    def _compare(self, one: Shown, other: Shown) -> int:
        for name, way in self._orders:
            left, right = (self._place(row, self._fields[name]) for row in (one, other))
            if left != right:
                if left is None or right is None:
                    return 1 if left is None else -1
                return (-1 if left < right else 1) * (-1 if way == "DESC" else 1)
        return -1 if self._oracle.place(one.key) < self._oracle.place(other.key) else 1

    def _place(self, shown: Shown, facts: FieldFacts) -> Any:
        value = self._comparable(shown, facts)
        return value if facts.python_type is PartialDate else self._oracle.place(value)

    def _meets(self, row: Shown, given: Mapping[str, Any]) -> bool:
        return all(
            _CONDITIONS[operator](self._oracle.value(row, self._fields[name]), expected)
            for name, operators in given.items()
            for operator, expected in (operators or {}).items()
            if expected is not None
        )


def _is_version(row: Row, as_of: datetime | None) -> bool:
    if as_of is None:
        return row["superseded_at"] is None
    closed = row["superseded_at"]
    return row["recorded_at"] <= as_of and (closed is None or closed > as_of)


def _by_graphql_name(record_type: RecordType) -> dict[str, FieldFacts]:
    return {camel(name): facts for name, facts in record_type.fields.items()}


def _as_json(facts: FieldFacts, value: Any) -> Any:
    if value is None:
        return None
    if facts.python_type is datetime:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value:%f}"[:3] + "Z"
    if facts.python_type is Decimal:
        return f"{value:f}"
    if facts.python_type is dict:
        # jsonb keeps keys by their length in bytes, then by their bytes.
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: value[key] for key in keys}
    return value


def sql_text(value: Any) -> str | None:
    """A value as PostgreSQL casts it to text in a session in UTC."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        text = f"{value:%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip(".")
        return f"{text}+00"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Compare a value with what a question gives, as the value's own type."""

    def meets(value: Any, expected: Any) -> bool:
        if value is None:
            return False
        if isinstance(value, datetime):
            return test(value, at(expected))
        if isinstance(value, Decimal):
            return test(value, Decimal(str(expected)))
        return test(value, expected)

    return meets


def _bound(name: str, test: Callable[[str, str], bool]) -> Callable[[Any, str], bool]:
    return lambda value, day: (
        value is not None and value[name] is not None and test(value[name], day)
    )


_CONDITIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "isNull": lambda value, expected: (value is None) is expected,
    "eq": _compared(lambda value, expected: value == expected),
    "ne": _compared(lambda value, expected: value != expected),
    "gt": _compared(lambda value, expected: value > expected),
    "gte": _compared(lambda value, expected: value >= expected),
    "lt": _compared(lambda value, expected: value < expected),
    "lte": _compared(lambda value, expected: value <= expected),
    "in": lambda value, expected: value in expected,
    "contains": lambda value, part: value is not None and part.lower() in value.lower(),
    "startsWith": lambda value, part: value is not None and value.startswith(part),
    "has": lambda value, one: value is not None and one in value,
    "hasAny": lambda value, some: value is not None and bool(set(some) & set(value)),
    "isEmpty": lambda value, expected: value is not None and (not value) is expected,
    "onOrAfter": _bound("latest", lambda bound, day: bound >= day),
    "onOrBefore": _bound("earliest", lambda bound, day: bound <= day),
}
