"""What a target holds, and what the hub shows: both by record type, key and column, to compare."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import httpx  # noqa: TID251 - asks over loopback
import psycopg
from psycopg.rows import dict_row

from hub_client.shapes import shapes_of
from hub_client.targets.folder import rows_of


def shown(hub, types):
    """All that the hub shows, page by page."""
    headers = {"authorization": f"Bearer {hub.token()}"}
    with httpx.Client(base_url=hub.address, headers=headers, timeout=60) as http:
        shapes = shapes_of(http.get("/schema.graphql").text, types)
        return {shape.name: dict(_walked(http, shape)) for shape in shapes}


def _walked(http, shape):
    after, more = None, True
    while more:
        document = (
            f"query ($after: String) {{ {shape.root}(first: 50, after: $after) {{ nodes "
            f"{{ {shape.selection} }} pageInfo {{ endCursor hasNextPage }} }} }}"
        )
        body = {"query": document, "variables": {"after": after}}
        answer = http.post("/graphql", json=body).json()
        assert "errors" not in answer, answer
        page = answer["data"][shape.root]
        for record in page["nodes"]:
            yield record["key"], _typed_record(shape, record)
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]


def _typed_record(shape, record):
    return {each.name: typed(each.kind, each.value(record)) for each in shape.columns}


def typed(kind, value):
    """A value of the hub's JSON, or of a database, as what its kind says."""
    if value is None:
        return None
    if kind in {"json", "texts"} and isinstance(value, str):
        return json.loads(value)
    if kind == "instant":
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if kind == "date":
        return value if isinstance(value, date) else date.fromisoformat(value)
    return Decimal(value) if kind == "decimal" else value


def held(target, shapes):
    """All that a target holds."""
    if target.startswith("postgres"):
        return {shape.name: _of_postgres(target, shape) for shape in shapes}
    if target.startswith("duckdb:"):
        return {shape.name: _of_duckdb(target.removeprefix("duckdb:"), shape) for shape in shapes}
    return {shape.name: _of_folder(Path(target), shape) for shape in shapes}


def _of_postgres(target, shape):
    with psycopg.connect(target, row_factory=dict_row) as connection:
        found = connection.execute(f"SELECT * FROM alliance.{shape.table}").fetchall()
    return _by_key(shape, found)


def _of_duckdb(file, shape):
    with duckdb.connect(file, read_only=True) as database:
        instants = (each.name for each in shape.columns if each.kind == "instant")
        as_text = ", ".join(f"{name}::VARCHAR AS {name}" for name in instants)
        found = database.execute(f'SELECT * REPLACE ({as_text}) FROM alliance."{shape.table}"')
        names = [each[0] for each in found.description]
        return _by_key(shape, [dict(zip(names, row, strict=True)) for row in found.fetchall()])


def _by_key(shape, rows):
    kinds = {each.name: each.kind for each in shape.columns}
    assert all(set(row) == set(kinds) for row in rows)
    found = {row["key"]: {name: typed(kinds[name], row[name]) for name in kinds} for row in rows}
    assert len(found) == len(rows)
    return found


def _of_folder(folder, shape):
    rows = list(rows_of(folder, shape.name))
    assert [row["key"] for row in rows] == sorted({row["key"] for row in rows})
    return {row["key"]: _typed_record(shape, row) for row in rows}
