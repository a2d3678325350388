"""SQL against Cedar, row by row: generated policy sets over adversarial rows in PostgreSQL.

Cedar's full decision on each row is the oracle; the predicate's SQL runs on the same rows. Sets are
drawn over the alliance's own schema and over a wider one that has every attribute type. The
mutants at the end show that a mistake in any of the exact parts would be seen here. Over 400
lines, since test modules can't share the generator otherwise.
"""

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from cedarpy import Entities
from psycopg import AsyncConnection, AsyncRawCursor

from federation.records.declaration import Group
from hub.identity.types import Purpose, Role
from hub.policy import expression, predicate, residual, sql
from hub.policy.conditions import Undecided
from hub.policy.examination import Document, examine
from hub.policy.expression import MAX_LONG, MIN_LONG, TRUE, Instant
from hub.policy.findings import PolicyFault
from hub.policy.permits import cedar_text
from hub.policy.policy_set import Effect, Policy, PolicySlice
from hub.policy.predicate import NEVER, UNSEEN, Predicate, Sight, slices_of
from hub.policy.predicate import sights as sights_of
from hub.policy.principals import MEMBERS, Mode, PrincipalClass
from hub.policy.residual import Evaluator
from hub.policy.row_decision import row_decisions
from hub.policy.schema import (
    AGE_DAYS,
    ALLIANCE,
    Action,
    Attribute,
    CedarType,
    Level,
    PolicySchema,
    ResourceType,
    schema_of,
)

ROWS = 200

TEXTS = [*MEMBERS, "ALLIANCE", "", " ", "a", "a ", "A", "aa", "ab", "%", "_", "*", "\\", "\\%"]
TEXTS += ["a%b", "a_b", "a*b", "a\\b", "'", "''", '"', "$1", "%s", "{row}", "\n", "a\nb", "null"]
TEXTS += ["\u00e9", "e\u0301", "\ufb00", "\u0130", "\U0001f600", "\u2028", "\uffff", "ONGOING"]
PATTERNS = ["*", "a*", "*a", "a*b", "*%*", "_", "%", "\\*", "a\\*b", "*\\\\", "*\\\\%", "**", "*_*"]
LONGS = [MIN_LONG, MIN_LONG + 1, -8, -1, 0, 1, 6, 7, 8, 2**53 + 1, MAX_LONG - 1, MAX_LONG]
DAY_MS = 86_400_000
INSTANTS = [0, 1, -1, 7 * DAY_MS, -62_135_596_800_000, 253_402_300_799_999, 1_735_689_600_000]
BEYOND = ["0000-01-01", "0000-01-01T00:00:00+2359", "9999-12-31T23:59:59.999-2359"]
SETS = [[], ["a"], ["a", "a"], ["a", "b"], ["b", "a"], [""], ["%", "_"], ["regulator"], TEXTS[:9]]
LIMITS = {Level.READ: "", Level.ROUND: '@rounded_to("{}")', Level.COUNT: '@smallest_cell("{}")'}
COUNTED = 0
"""Stands for any smallest cell: permits of all sizes open one counting."""
AGES = [-1, 0, 1, 6, 7, 8, 400, 10_000]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

WIDE = schema_of(
    [
        ResourceType(
            "Wide",
            {
                name: Attribute(name, cedar_type, f'{{row}}."{name}"')
                for name, cedar_type in {
                    "origin": CedarType.STRING,
                    "word": CedarType.STRING,
                    "other": CedarType.STRING,
                    "count": CedarType.LONG,
                    "size": CedarType.LONG,
                    "flag": CedarType.BOOL,
                    "at": CedarType.DATETIME,
                    "until": CedarType.DATETIME,
                    "tags": CedarType.STRINGS,
                    "marks": CedarType.STRINGS,
                }.items()
            }
            | {AGE_DAYS.name: AGE_DAYS},
            (Group.PUBLIC, Group.OPERATIONAL),
        )
    ]
)


def pool(cedar_type: CedarType) -> list[Any]:
    return {
        CedarType.STRING: TEXTS,
        CedarType.LONG: LONGS,
        CedarType.BOOL: [True, False],
        CedarType.DATETIME: [EPOCH + timedelta(milliseconds=each) for each in INSTANTS],
        CedarType.STRINGS: SETS,
    }[cedar_type]


def cedar_datetime(at: datetime) -> str:
    return f"{at.year:04d}-{at:%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def cedar_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"__extn": {"fn": "datetime", "arg": cedar_datetime(value)}}
    return value


class Draw:
    """Draws conditions within the profile; strict validation holds for all of them."""

    def __init__(self, seed: int, resource: ResourceType) -> None:
        self.random = random.Random(seed)
        self.attributes = list(resource.attributes.values())

    def policy(self, number: int, resource_type: ResourceType) -> str:
        pick = self.random
        effect = pick.choice(["permit", "permit", "permit", "forbid"])
        level = pick.choice([Level.READ, Level.READ, Level.ROUND, Level.COUNT])
        actions = [Action(resource_type.name, group, level) for group in resource_type.groups]
        uids = [action.uid for action in actions]
        scope = pick.choice(
            [
                f"action == {pick.choice(uids)}",
                f"action in [{', '.join(pick.sample(uids, pick.randint(1, len(uids))))}]",
                'action in Action::"read"',
            ]
        )
        limit = LIMITS[level].format(pick.choice([2, 10, 1000]))
        if effect == "forbid" or 'Action::"read"' in scope:
            limit = ""
        resource = f"resource is {resource_type.name}"
        clauses = [f"when {{ {self.condition(pick.randint(0, 3))} }}"]
        if pick.random() < 0.6:
            clauses.append(f"when {{ resource.origin == {cedar_text(pick.choice(TEXTS[:5]))} }}")
        if pick.random() < 0.2:
            clauses.append(f"unless {{ {self.condition(1)} }}")
        pick.shuffle(clauses)
        head = f'@id("baseline/p{number}") {limit} {effect}(principal, {scope}, {resource})'
        return f"{head} {' '.join(clauses)};"

    def condition(self, depth: int) -> str:
        if depth == 0 or self.random.random() < 0.2:
            return self.test()
        left, right = self.condition(depth - 1), self.condition(depth - 1)
        return self.random.choice(
            [
                f"({left} && {right})",
                f"({left} || {right})",
                f"!({left})",
                f"(if {self.test()} then {left} else {right})",
            ]
        )

    def test(self) -> str:
        return self.known() if self.random.random() < 0.15 else self.of_row()

    def known(self) -> str:
        return self.random.choice(
            [
                "context.senderConstrained",
                f"context.purpose == {cedar_text(self.random.choice(list(Purpose)))}",
                f'context.mode != "{Mode.CRISIS}"',
                f"{self.texts()}.contains(principal.member)",
                f"principal.reciprocates.contains({cedar_text(self.random.choice(TEXTS))})",
                f"principal.roles.containsAny({self.texts(list(Role))})",
                f"principal.organisation like {self.pattern()}",
                "principal.roles.isEmpty()",
                "true",
            ]
        )

    def of_row(self) -> str:
        attribute = self.random.choice(self.attributes)
        row = f"resource.{attribute.name}"
        match attribute.cedar_type:
            case CedarType.STRING:
                return self.of_text(row)
            case CedarType.LONG:
                longs = AGES if attribute == AGE_DAYS else LONGS
                literals = [str(self.random.choice(longs)) for _ in range(3)]
                return self.of_order(row, literals, ("count", "size", "ageDays"))
            case CedarType.DATETIME:
                texts = [*map(cedar_datetime, pool(CedarType.DATETIME)), *BEYOND]
                literals = [f'datetime("{self.random.choice(texts)}")' for _ in range(3)]
                return self.of_order(row, literals, ("at", "until"))
            case CedarType.BOOL:
                return self.random.choice([row, f"{row} == context.senderConstrained"])
        return self.of_set(row)

    def of_text(self, row: str) -> str:
        literal = cedar_text(self.random.choice(TEXTS))
        return self.random.choice(
            [
                f"{row} {self.random.choice(['==', '!='])} {literal}",
                f"{self.texts()}.contains({row})",
                f"{row} like {self.pattern()}",
                f"{row} == principal.{self.random.choice(['member', 'organisation'])}",
                f"{row} == resource.origin",
                f"[principal.member, {literal}].contains({row})",
                f"principal.roles.contains({row})",
                "resource has origin",
            ]
        )

    def of_order(self, row: str, literals: list[str], names: tuple[str, ...]) -> str:
        known = {attribute.name for attribute in self.attributes}
        others = [f"resource.{name}" for name in names if name in known]
        right = self.random.choice([*literals, *others])
        operator = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
        return self.random.choice(
            [
                f"{row} {operator} {right}",
                f"{right} {operator} {row}",
                f"[{', '.join(literals)}].contains({row})",
            ]
        )

    def of_set(self, row: str) -> str:
        sets = [each for each in self.attributes if each.cedar_type is CedarType.STRINGS]
        other = self.random.choice([self.texts(), *(f"resource.{each.name}" for each in sets)])
        name = self.random.choice(["containsAll", "containsAny"])
        return self.random.choice(
            [
                f"{row}.contains({cedar_text(self.random.choice(TEXTS))})",
                f"{row}.contains(principal.organisation)",
                f"{row}.{name}({other})",
                f"{other}.{name}({row})",
                f"{row} {self.random.choice(['==', '!='])} {other}",
                f"{row}.{name}(principal.roles)",
                f"{row}.isEmpty()",
            ]
        )

    def texts(self, words: list[str] = TEXTS) -> str:
        chosen = self.random.choices(words, k=self.random.randint(1, 4))
        return f"[{', '.join(map(cedar_text, chosen))}]"

    def pattern(self) -> str:
        return f'"{self.random.choice(PATTERNS)}"'

    def principal(self) -> PrincipalClass:
        pick = self.random
        return PrincipalClass(
            member=pick.choice(MEMBERS),
            organisation=pick.choice(TEXTS),
            roles=frozenset(pick.sample(list(Role), pick.randint(0, 3))),
            purpose=pick.choice(list(Purpose)),
            sender_constrained=pick.random() < 0.5,
            mode=pick.choice(list(Mode)),
            reciprocates=frozenset(pick.sample(TEXTS, pick.randint(0, 6))),
        )


def recorded(age_days: int) -> datetime:
    """An instant so many whole days ago, half a day from either neighbour."""
    half = timedelta(hours=12 if age_days >= 0 else -12)
    return datetime.now(UTC) - timedelta(days=age_days) - half


@dataclass
class Table:
    """Rows of one record type, in Python and in PostgreSQL under `name`."""

    name: str
    resource: ResourceType
    rows: list[dict[str, Any]]

    @classmethod
    async def make(cls, connection: AsyncConnection, resource: ResourceType) -> "Table":
        pick = random.Random(resource.name)
        stored = [each for each in resource.attributes.values() if each != AGE_DAYS]
        rows = []
        for _ in range(ROWS):
            row = {each.name: pick.choice(pool(each.cedar_type)) for each in stored}
            if pick.random() < 0.8:
                row["origin"] = pick.choice(MEMBERS)
            rows.append(row | {AGE_DAYS.name: pick.choice(AGES)})
        name = f"adversarial_{resource.name.lower()}"
        columns = [
            each.sql.format(row="")[1:] + " " + _COLUMN_TYPES[each.cedar_type] for each in stored
        ]
        await connection.execute(
            f"CREATE TEMP TABLE {name} "
            f"(id int, first_recorded_at timestamptz(3), {', '.join(columns)})"
        )
        places = ", ".join(["%s"] * (len(stored) + 2))
        for number, row in enumerate(rows):
            values = (number, recorded(row[AGE_DAYS.name]), *(row[each.name] for each in stored))
            await connection.execute(f"INSERT INTO {name} VALUES ({places})", values)
        return cls(name, resource, rows)

    def cedar_rows(self) -> list[dict[str, Any]]:
        return [{name: cedar_json(value) for name, value in row.items()} for row in self.rows]


_COLUMN_TYPES = {
    CedarType.STRING: "text",
    CedarType.LONG: "bigint",
    CedarType.BOOL: "boolean",
    CedarType.DATETIME: "timestamptz(3)",
    CedarType.STRINGS: "text[]",
}


@dataclass
class Tally:
    """What was compared, and where SQL and Cedar differ; `mixed` sets show some rows only."""

    decisions: int = 0
    mixed: int = 0
    mismatches: list[str] = field(default_factory=list)


async def compare(
    connection: AsyncConnection,
    table: Table,
    schema: PolicySchema,
    policies: list[Policy],
    principal: PrincipalClass,
) -> AsyncIterator[tuple[str, list[bool], list[bool]]]:
    """For each group, level and limit: the SQL, what it says of the rows, what Cedar says.

    Cedar gets all policies that permit at the limit, and all that forbid.
    """
    cursor = AsyncRawCursor(connection)
    sights = sights_of(Evaluator(schema, principal), slices_of(schema.actions, policies))
    for group in table.resource.groups:
        sight = sights.get((table.resource.name, group), UNSEEN)
        for level, limit in sorted({(Level.READ, None), *_limits(policies)}, key=str):
            text = _at_limit(sight, level, limit).sql("-")
            await cursor.execute(f'SELECT {text} FROM {table.name} AS "-" ORDER BY id')
            found = [value for (value,) in await cursor.fetchall()]
            whole = PolicySlice.of(
                each
                for each in policies
                if each.effect is Effect.FORBID or limit in _own_limits(each, level)
            )
            action = Action(table.resource.name, group, level)
            yield text, found, row_decisions(whole, schema, principal, action, table.cedar_rows())


def _limits(policies: list[Policy]) -> set[tuple[Level, int | None]]:
    rounded = {(Level.ROUND, each.rounded_to) for each in policies if each.rounded_to}
    counted = {(Level.COUNT, COUNTED) for each in policies if each.smallest_cell}
    return rounded | counted


def _own_limits(policy: Policy, level: Level) -> tuple[int | None, ...]:
    match level:
        case Level.READ:
            return (None,)
        case Level.ROUND:
            return (policy.rounded_to,)
    return (COUNTED if policy.smallest_cell else None,)


def _at_limit(sight: Sight, level: Level, limit: int | None) -> Predicate:
    match level:
        case Level.READ:
            return sight.exact
        case Level.ROUND:
            return {each.step: each.predicate for each in sight.roundings}.get(limit, NEVER)
    return sight.counting.predicate if sight.counting else NEVER


async def run(
    connection: AsyncConnection, schema: PolicySchema, decisions: int, first_seed: int = 0
) -> Tally:
    """Compare generated sets until so many decisions were made, or a mismatch is found."""
    tables = [await Table.make(connection, each) for each in schema.resources.values()]
    tally = Tally()
    for seed in count(first_seed):
        table = tables[seed % len(tables)]
        draw = Draw(seed, table.resource)
        count_of = draw.random.randint(1, 6)
        texts = [draw.policy(number, table.resource) for number in range(count_of)]
        policies = examine([Document("baseline", "\n".join(texts))], schema)
        async for text, found, expected in compare(
            connection, table, schema, policies, draw.principal()
        ):
            tally.decisions += len(expected)
            tally.mixed += 0 < sum(expected) < len(expected)
            tally.mismatches += [
                f"{row}: Cedar {right}, SQL {wrong}, seed {seed}, by {text}"
                for row, right, wrong in zip(table.rows, expected, found, strict=True)
                if wrong is not right
            ]
        if tally.decisions >= decisions or tally.mismatches:
            break
    return tally


@pytest.mark.parametrize("schema", [ALLIANCE, WIDE], ids=["alliance", "wide"])
async def test_sql_and_cedar_agree_on_every_row(connection, schema):
    tally = await run(connection, schema, 16_000)
    assert tally.mismatches == []
    assert tally.mixed > 20


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("schema", [ALLIANCE, WIDE], ids=["alliance", "wide"])
async def test_sql_and_cedar_agree_on_a_million_rows(connection, schema):
    tally = await run(connection, schema, 500_000, first_seed=10_000)
    assert tally.mismatches == []
    assert tally.decisions >= 500_000


def unescaped_like(patch):
    patch.setattr(
        sql, "like_pattern", lambda parts: "".join("%" if p is None else p for p in parts)
    )


def rounded_instants(patch):
    exact = sql.instant_text
    patch.setattr(sql, "instant_text", lambda at: exact(Instant(round(at.epoch_ms / 1000) * 1000)))


def dropped_forbids(patch):
    patch.setattr(predicate, "negation", lambda _: TRUE)


def greedy_merger(patch):
    patch.setattr(expression, "implies", lambda *_: True)


def handle_without_schema(patch):
    patch.setattr(
        residual,
        "entities_of",
        lambda _, principal: Entities.from_json_str(json.dumps([principal.entity])),
    )


@pytest.mark.parametrize(
    "mutate",
    [
        unescaped_like,
        rounded_instants,
        dropped_forbids,
        greedy_merger,
        handle_without_schema,
    ],
)
async def test_a_mistake_in_the_compiler_is_caught(connection, monkeypatch, mutate):
    mutate(monkeypatch)
    try:
        caught = (await run(connection, WIDE, 16_000)).mismatches
    except (psycopg.Error, PolicyFault, Undecided) as error:
        caught = [str(error)]
    assert caught


async def test_a_null_in_a_policy_column_is_caught(connection):
    table = await Table.make(connection, WIDE.resources["Wide"])
    await connection.execute(f"UPDATE {table.name} SET word = NULL")
    text = """@id("baseline/p") permit(principal, action, resource is Wide)
        when { resource.word != "secret" };"""
    policies = examine([Document("baseline", text)], WIDE)
    principal = Draw(0, table.resource).principal()
    async for _, found, expected in compare(connection, table, WIDE, policies, principal):
        assert set(expected) == {True}
        assert set(found) == {None}
