"""Asking a running hub for exports, and reading the files of each format back."""

import asyncio
import io
import json
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from inspect import isawaitable

import polars as pl
import psycopg
from python_calamine import CalamineWorkbook

from hub.identity.types import Purpose
from tests.hub.gateway.serving import WORLD, Hub, open_hub
from tests.hub.gateway.world import insert
from tests.hub.store.databases import migrated_database


@dataclass(frozen=True, repr=False)
class LoneHub(Hub):
    """A hub and its database, which no other works on."""

    url: str


@asynccontextmanager
async def hub_alone(server_url, policies, state, rows=WORLD.rows):
    """Run the application over a database of its own: no other gateway takes up its jobs."""
    async with migrated_database(server_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, rows)
        async with open_hub(url, policies, state) as hub:
            yield LoneHub(hub.http, hub.settings, hub.policies, url)


NOTICES = "{ supplyNotices { nodes { key status stockText } } }"


async def until(ask, is_so=bool):
    """Ask until it is so."""
    while True:
        answer = ask()
        answer = await answer if isawaitable(answer) else answer
        if is_so(answer):
            return answer
        await asyncio.sleep(0.05)


class Exporter:
    """A client of a hub that exports."""

    def __init__(self, hub, client="us-fda", purpose=Purpose.SHORTAGE_RESPONSE):
        self._hub = hub
        self.headers = {"authorization": f"Bearer {hub.token(client, purpose)}"}

    async def post(self, query, form="ndjson", **more):
        body = {"query": query, "format": form} | more
        return await self._hub.http.post("/exports", json=body, headers=self.headers)

    async def get(self, address, **headers):
        return await self._hub.http.get(address, headers=self.headers | headers)

    async def delete(self, address):
        return await self._hub.http.delete(address, headers=self.headers)

    async def fetch(self, address, **headers):
        """Fetch without a token, as by a link."""
        return await self._hub.http.get(address, headers=headers)

    async def ask(self, query, form="ndjson", **more):
        """Ask for what can be exported, and give where it stands."""
        answer = await self.post(query, form, **more)
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def ended(self, address):
        """Wait until a job is done, and give where it stands."""
        while True:
            answer = await self.get(address)
            assert answer.status_code == 200, answer.text
            shown = answer.json()
            if shown["state"] not in {"QUEUED", "RUNNING"}:
                return shown
            await asyncio.sleep(0.02)

    @asynccontextmanager
    async def made(self, query, form="ndjson", **more):
        """Have an export made, and delete it at the end."""
        shown = await self.ended((await self.ask(query, form, **more))["address"])
        try:
            yield shown
        finally:
            assert (await self.delete(shown["address"])).status_code == 204

    async def content(self, query, form="ndjson", **more):
        """Export, and give the file's bytes and its manifest."""
        async with self.made(query, form, **more) as shown:
            assert shown["state"] == "READY", shown
            answer = await self.fetch(shown["file"]["address"])
            assert answer.status_code == 200, answer.text
            return answer.content, shown["manifest"]


def rows_of(content, manifest):
    """Read a file back as rows of values by column, typed as the manifest says."""
    columns = manifest["columns"]
    rows = READERS[manifest["format"]](content, columns)
    if manifest["format"] == "excel":  # In a sheet, rows of nulls at the end are nothing.
        empty = dict.fromkeys(each["name"] for each in columns)
        rows += [empty] * (manifest["rows"] - len(rows))
    return rows


def _ndjson(content, columns):
    rows = [json.loads(line) for line in content.splitlines()]
    return [flat(row, columns) for row in rows]


def flat(row, columns):
    """The values of a row of GraphQL's, by column."""
    return {each["name"]: typed(each, _within(row, each["name"])) for each in columns}


def _within(row, name):
    for part in name.split("."):
        row = None if row is None else row[part]
    return row


def typed(column, value):
    """A value of GraphQL's JSON as what its column's type says."""
    if value is None:
        return None
    match column["type"]:
        case "decimal":
            return Decimal(value)
        case "instant":
            return datetime.fromisoformat(value)
        case "date":
            return date.fromisoformat(value)
    return value


def _csv(content, columns, guard="'"):
    found = list(_lines(content.decode()))
    assert found[0] == [each["name"] for each in columns]
    return [
        {
            each["name"]: _from_cell(each, cell, guard)
            for each, cell in zip(columns, row, strict=True)
        }
        for row in found[1:]
    ]


def _copy(content, columns):
    return _csv(content, columns, guard="")


_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n)')


def _lines(text):
    """Read RFC 4180: what stands in quotes is text, nothing at all is null."""
    line, place = [], 0
    while place < len(text):
        found = _CELL.match(text, place)
        in_quotes, bare, end = found.groups()
        line.append(bare or None if in_quotes is None else in_quotes.replace('""', '"'))
        place = found.end()
        if end != ",":
            yield line
            line = []


def _from_cell(column, cell, guard=""):
    if cell is None:
        return None
    match column["type"]:
        case "text":
            return cell.removeprefix(guard)
        case "texts" | "json":
            return json.loads(cell)
        case "integer":
            return int(cell)
        case "boolean":
            return {"true": True, "false": False}[cell]
    return typed(column, cell)


def _parquet(content, columns):
    frame = pl.read_parquet(io.BytesIO(content))
    assert frame.columns == [each["name"] for each in columns]
    rows = frame.to_dicts()
    for row in rows:
        for each in columns:
            if each["type"] == "json" and row[each["name"]] is not None:
                row[each["name"]] = json.loads(row[each["name"]])
    return rows


def _excel(content, columns):
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    names, *rows = sheet.to_python(skip_empty_area=False)
    assert names == [each["name"] for each in columns]
    return [
        {each["name"]: _from_excel(each, cell) for each, cell in zip(columns, row, strict=True)}
        for row in rows
    ]


def _from_excel(column, value):
    match column["type"], value:
        case _, "":
            found = None
        case "decimal", float():
            found = Decimal(repr(value))
        case "integer", float():
            found = int(value)
        case "instant", datetime():
            found = value.replace(tzinfo=UTC)
        case (("texts" | "json"), _):
            found = json.loads(value)
        case _:
            found = value if isinstance(value, date) else typed(column, value)
    return found


READERS = {"ndjson": _ndjson, "csv": _csv, "copy": _copy, "parquet": _parquet, "excel": _excel}
