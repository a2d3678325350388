"""Each format holds the very rows that the GraphQL walk gives, each value of its type."""

import pytest

from federation.records.declaration import PartialDate
from federation.records.registry import RECORD_TYPES
from hub.exports.formats import FORMATS
from hub.gateway.naming import camel
from tests.hub.exports.exporting import Exporter, flat, rows_of


def fields_of(record_type):
    """Write all fields of a record, and what it leads to."""
    names = []
    for facts in record_type.fields.values():
        below = " { text earliest latest precision }" if facts.python_type is PartialDate else ""
        names.append(camel(facts.name) + below)
        if facts.forward:
            names.append(f"{camel(facts.forward)} {{ key id __typename listing retrievedAt }}")
    names += [
        f"{camel(back.name)}(first: 3) {{ key retrievedAt }}"
        for back in record_type.back_references
    ]
    return " ".join(names)


async def walked(hub, record_type, client):
    """All rows, page by page, as GraphQL answers with them."""
    root, after, rows = camel(record_type.plural), None, []
    while True:
        page = (
            await hub.data(
                f"query ($after: String) {{ {root}(first: 7, after: $after) {{ "
                f"nodes {{ {fields_of(record_type)} }} pageInfo {{ endCursor hasNextPage }} }} }}",
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
async def test_a_file_holds_the_rows_of_the_walk(exporting_hubs, form, policies):
    hub, seen = exporting_hubs[policies], 0
    for record_type in RECORD_TYPES.values():
        rows = await walked(hub, record_type, "us-fda")
        query = f"{{ {camel(record_type.plural)} {{ nodes {{ {fields_of(record_type)} }} }} }}"
        content, manifest = await Exporter(hub).content(query, form)
        assert manifest["rows"] == len(rows)
        assert rows_of(content, manifest) == [
            expected(row, manifest["columns"], form) for row in rows
        ], record_type.name
        seen += len(rows)
    assert seen > 100
