"""Each format holds the very rows that the GraphQL walk gives, each value of its type."""

import json

import psycopg
import pytest

from federation.records.declaration import PartialDate
from federation.records.registry import RECORD_TYPES
from hub.exports.formats import FORMATS
from hub.gateway.planning.naming import camel
from tests.hub.exports.exporting import Exporter, flat, rows_of


def fields_of(record_type):
    """Write all fields of a record of its own."""
    names = []
    for facts in record_type.fields.values():
        below = (
            " { text earliest latest precision __typename }"
            if facts.python_type is PartialDate
            else ""
        )
        names.append(camel(facts.name) + below)
    return " ".join([*names, "id", "__typename"])


def all_of(record_type):
    """Write all fields of a record, and what it leads to."""
    names = [
        f"{camel(facts.forward)} {{ key id __typename listing retrievedAt }}"
        for facts in record_type.fields.values()
        if facts.forward
    ]
    names += [
        f"{camel(back.name)}(first: 3) {{ key retrievedAt }}"
        for back in record_type.back_references
    ]
    return " ".join([fields_of(record_type), *names])


async def walked(hub, record_type, client, fields):
    """All rows, page by page, as GraphQL answers with them."""
    root, after, rows = camel(record_type.plural), None, []
    while True:
        page = (
            await hub.data(
                f"query ($after: String) {{ {root}(first: 7, after: $after) {{ "
                f"nodes {{ {fields} }} pageInfo {{ endCursor hasNextPage }} }} }}",
                client=client,
                variables={"after": after},
            )
        )[root]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        after = page["pageInfo"]["endCursor"]


def expected(row, columns, form):
    found = flat(row, columns)
    if form == "excel":  # It can't tell an empty text from none.
        found = {name: None if value == "" else value for name, value in found.items()}
    return found


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policies", ["open", "by_row"])
@pytest.mark.parametrize("fields", [fields_of, all_of], ids=["flat", "nested"])
async def test_a_file_holds_the_rows_of_the_walk(exporting_hubs, form, policies, fields):
    hub, seen = exporting_hubs[policies], 0
    for record_type in RECORD_TYPES.values():
        rows = await walked(hub, record_type, "us-fda", fields(record_type))
        query = f"{{ {camel(record_type.plural)} {{ nodes {{ {fields(record_type)} }} }} }}"
        content, manifest = await Exporter(hub).content(query, form)
        assert manifest["rows"] == len(rows)
        assert rows_of(content, manifest) == [
            expected(row, manifest["columns"], form) for row in rows
        ], record_type.name
        seen += len(rows)
    assert seen > 100


async def asked_both_ways(hub, monkeypatch, query):
    """Export as text that PostgreSQL wrote, and as rows; give the content and what is told."""
    quick = await Exporter(hub, "kr-mfds").content(query, "ndjson")
    with monkeypatch.context() as patch:
        patch.setattr("hub.gateway.export.question.ExportQuestion.is_flat", False)
        slow = await Exporter(hub, "kr-mfds").content(query, "ndjson")
    return quick, slow


@pytest.mark.parametrize("walked_rows", [1, 3, 1000])
@pytest.mark.parametrize(
    "arguments",
    ["", "(first: 5)", "(filter: {stockText: {isNull: false}, listing: {eq: LISTED}})"],
)
async def test_text_of_postgresql_and_rows_tell_the_same(
    exporting_hubs, monkeypatch, walked_rows, arguments
):
    monkeypatch.setattr("hub.gateway.export.text.WALKED_ROWS", walked_rows)
    monkeypatch.setattr("hub.gateway.export.walk.WALKED_ROWS", walked_rows)
    query = (
        f"{{ supplyNotices{arguments} {{ nodes {{ key stockText reason startsOn {{ text }} }} }} }}"
    )
    quick, slow = await asked_both_ways(exporting_hubs["by_row"], monkeypatch, query)
    assert [json.loads(line) for line in quick[0].splitlines()] == [
        json.loads(line) for line in slow[0].splitlines()
    ]
    own = {"id", "asOf", "bytes", "sha256"}
    told = [
        {name: manifest[name] for name in manifest.keys() - own} for _, manifest in (quick, slow)
    ]
    assert told[0] == told[1]


async def test_text_of_postgresql_and_rows_are_disclosed_alike(exporting_hubs, monkeypatch):
    hub = exporting_hubs["by_row"]
    query = "{ supplyNotices { nodes { key stockText native } } }"
    await asked_both_ways(hub, monkeypatch, query)
    async with await psycopg.AsyncConnection.connect(hub.url) as connection:
        cursor = await connection.execute(
            "SELECT opened_by, masked, shown, rows FROM disclosure "
            "ORDER BY answered_at DESC LIMIT 2"
        )
        one, other = await cursor.fetchall()
    assert one == other
    assert one[2]["SupplyNotice"]["rows"]["commercial"]
