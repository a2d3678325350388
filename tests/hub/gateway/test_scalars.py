"""How each kind of value comes out of PostgreSQL's JSON."""

from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from federation.records.registry import RECORD_TYPES
from hub.gateway import types
from hub.gateway.planning.naming import camel
from hub.gateway.planning.selection import MAX_ALIAS_BYTES
from tests.hub.gateway.desk import Desk
from tests.hub.gateway.serving import WORLD, new_database, open_hub, strict_json
from tests.hub.gateway.world import DECIMALS, TEXTS, build_world, insert

KEY = "KR.StockReport.known"
NOTICE = "KR.SupplyNotice.known"


@pytest.fixture(scope="module")
async def known(database_url, policy_folders, tmp_path_factory):
    """A hub over two rows, and a way to set their columns."""
    rows = build_world(datetime.now(UTC)).rows
    report, notice = (dict(rows[name][0]) for name in ("StockReport", "SupplyNotice"))
    current = {"superseded_at": None, "removed_seq": None, "recorded_at": WORLD.instants[0]}
    async with (
        new_database(database_url) as url,
        open_hub(url, policy_folders["open"], tmp_path_factory.mktemp("state")) as hub,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
    ):
        await insert(
            connection,
            {
                "StockReport": [report | current | {"key": KEY}],
                "SupplyNotice": [notice | current | {"key": NOTICE}],
            },
        )

        async def answer(column, value, selection="", *, key=KEY):
            table = RECORD_TYPES[key.split(".")[1]]
            statement = psycopg.sql.SQL("UPDATE {} SET {} = %s").format(
                psycopg.sql.Identifier(table.table), psycopg.sql.Identifier(column)
            )
            await connection.execute(statement, [value])
            field = f"v: {camel(column)} {selection}"
            asked = f'{{ node(id: "{key}") {{ ... on {table.name} {{ {field} }} }} }}'
            content = (await hub.post(asked)).content
            return strict_json(content)["data"]["node"]["v"]

        yield answer


@pytest.mark.parametrize("amount", [*DECIMALS, Decimal("-0.10"), Decimal("1E+5")])
async def test_a_decimal_is_exact_and_text(known, amount):
    assert await known("quantity", amount) == f"{amount:f}"


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, -(2**31)])
async def test_an_integer_is_a_number(known, number):
    assert await known("cover_days", number) == number


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31T12:00:00.1+00:00", "2026-01-31T12:00:00.100Z"),
        ("2026-01-31T12:00:00.123+09:00", "2026-01-31T03:00:00.123Z"),
        ("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999+00:00", "9999-12-31T23:59:59.999Z"),
    ],
)
async def test_an_instant_is_in_utc_with_milliseconds(known, text, shown):
    assert await known("retrieved_at", datetime.fromisoformat(text)) == shown
    # Strawberry's own fields write instants as PostgreSQL does.
    assert types.SCALARS[datetime].serialize(datetime.fromisoformat(text)) == shown


async def test_instants_do_not_follow_the_sessions_time_zone(hubs, world_url):
    asked = "{ products(first: 3) { edges { cursor node { recordedAt } } } }"
    answers = []
    for zone in ("UTC", "Asia/Kolkata"):
        async with AsyncConnectionPool(
            make_conninfo(world_url, options=f"-c timezone={zone}"),
            open=False,
            kwargs={"autocommit": True, "cursor_factory": psycopg.AsyncRawCursor},
        ) as pool:
            desk = Desk(pool, hubs["open"].policies)
            answers.append((await desk.ask(asked)).content)
    assert answers[0] == answers[1]
    assert b'.100Z"' in answers[0]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T21:00:00+09:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_an_instant_without_a_zone_is_read_as_utc(text, instant):
    found = types.SCALARS[datetime].parse_value(text)
    assert found == instant
    assert found.utcoffset() is not None


@pytest.mark.parametrize("text", ["soon", "", "2026-13-01", 5, None])
async def test_an_instant_that_is_none_is_refused_with_how_to_write_it(hub, text):
    asked = "query ($at: DateTime!) { products(asOf: $at) { totalCount } }"
    answer = await hub.ask(asked, variables={"at": text})
    assert "data" not in answer
    if text is not None:
        assert "write it as 2026-01-31T12:00:00Z" in answer["errors"][0]["message"]


async def test_a_partial_date_has_its_parts_under_any_alias(known):
    value = {"text": '2026년 "봄"', "earliest": "2026-03-01", "latest": None, "precision": "ABOUT"}
    shown = await known(
        "as_of",
        psycopg.types.json.Jsonb(value),
        "{ text t: text earliest latest precision __typename p: precision }",
    )
    assert shown == value | {"t": value["text"], "p": "ABOUT", "__typename": "PartialDate"}
    assert await known("as_of", None, "{ text }") is None


@pytest.mark.parametrize("texts", [[], [""], ["a", 'b"', "c,d", "{}", "null", "e\\"], [*TEXTS]])
async def test_a_list_is_a_list_even_when_empty(known, texts):
    assert await known("package_codes", texts, key=NOTICE) == texts


@pytest.mark.parametrize("text", [*TEXTS, "\u2029", "\x7f", "\ufeff", "𝒳", "a" * 100_000])
async def test_a_text_comes_through_as_it_is(known, text):
    assert await known("title", text, key=NOTICE) == text


async def test_a_native_row_is_json_of_its_own(known):
    native = {"품목기준코드": "195500005", "빈칸": None, "이름": 'a"b\\', "__typename": "x"}
    assert await known("native", psycopg.types.json.Jsonb(native), key=NOTICE) == native
    assert await known("native", psycopg.types.json.Jsonb({}), key=NOTICE) == {}


@pytest.mark.parametrize("flag", [True, False, None])
async def test_a_boolean_is_true_false_or_null(hub, flag):
    value = {True: "eq: true", False: "eq: false", None: "isNull: true"}[flag]
    data = await hub.data(
        f"{{ priceCeilings(first: 500, filter: {{isTaxIncluded: {{{value}}}}}) "
        "{ nodes { isTaxIncluded } } }"
    )
    nodes = data["priceCeilings"]["nodes"]
    assert nodes
    assert [node["isTaxIncluded"] for node in nodes] == [flag] * len(nodes)


@pytest.mark.parametrize(
    "alias", ["title", "status", "r", "n", "p", "t", "c0", "cursor", "mask", "more", "j", "m", "l2"]
)
async def test_an_alias_may_be_any_name_of_the_statements_own(hub, alias):
    data = await hub.data(
        f"{{ supplyNotices(first: 1) {{ {alias}: nodes {{ {alias}: key "
        f"startsOn {{ {alias}: text }} product {{ {alias}: key }} }} }} }}"
    )
    [node] = data["supplyNotices"][alias]
    assert node[alias] == min(row["key"] for row in WORLD.current("SupplyNotice"))


async def test_an_alias_has_63_characters_at_most(hub):
    longest = "a" * MAX_ALIAS_BYTES
    data = await hub.data(f"{{ products(first: 1) {{ {longest}: nodes {{ {longest}: key }} }} }}")
    assert list(data["products"]) == [longest]
    for asked in (
        f"{{ products {{ a{longest}: nodes {{ key }} }} }}",
        f"{{ products {{ nodes {{ a{longest}: key }} }} }}",
        f"{{ products {{ nodes {{ authorisedOn {{ a{longest}: text }} }} }} }}",
    ):
        error = await hub.error(asked)
        assert error["extensions"]["code"] == "ALIAS_TOO_LONG"
        assert "63" in error["message"]
    # The root's own name is graphql-core's and has no such limit.
    assert await hub.data(f"{{ a{longest}: products(first: 1) {{ totalCount }} }}")


async def test_more_fields_than_a_function_has_arguments(hub):
    scalars = [
        name
        for name, facts in RECORD_TYPES["SupplyNotice"].fields.items()
        if facts.python_type in {str, datetime}
    ]
    fields = " ".join(camel(name) for name in scalars)
    aliases = " ".join(f"a{n}: {camel(name)}" for n, name in enumerate([*scalars, *scalars]))
    assert len(aliases.split(": ")) - 1 <= 60
    data = await hub.data(
        f"{{ supplyNotices(first: 2) {{ nodes {{ {fields} {aliases} "
        "product { key name origin } holder { key name origin } } } }"
    )
    assert len(data["supplyNotices"]["nodes"][0]) > 60


async def test_every_field_of_every_type_at_once(hub):
    for record_type in RECORD_TYPES.values():
        fields = " ".join(
            camel(name) + (" { text }" if facts.python_type.__name__ == "PartialDate" else "")
            for name, facts in record_type.fields.items()
        )
        root = camel(record_type.plural)
        data = await hub.data(f"{{ {root}(first: 500) {{ nodes {{ {fields} }} }} }}")
        assert len(data[root]["nodes"][0]) == len(record_type.fields)
