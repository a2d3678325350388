"""Agencies that file with a running hub, over HTTP and GraphQL, into a database of its own."""

import csv
import io
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx  # noqa: TID251 - asks an in-process application, not the network
import psycopg
import xlsxwriter

from hub.entrance import embedded_issuer
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Client, Purpose, Role
from hub.settings import ROOT, Settings
from tests.hub.gateway.serving import open_hub
from tests.hub.store.databases import migrated_database

CLIENTS = {
    client.client_id: client
    for client in (
        *DEMO_CLIENTS,
        Client("kr-lab", "KR", "Laboratory", frozenset({Role.REGULATOR}), frozenset(Purpose)),
        Client("kr-other", "KR", "Second office", frozenset({Role.AGENCY}), frozenset(Purpose)),
    )
}
STOCK, NOTICES = "kr.filed_stock_reports", "kr.filed_supply_notices"

REPORT = {
    "report_id": "R-1",
    "product_id": "199303108",
    "as_of": "2026-03-31",
    "quantity": "1250",
    "quantity_unit": "vial",
    "place": "Central depot",
}
NOTICE = {
    "notice_id": "N-1",
    "title": "Cefazolin 1 g",
    "kind": "SHORTAGE",
    "status": "ONGOING",
    "starts_on": "2026-03-01",
}


def csv_of(rows, *, separator=",", encoding="utf-8"):
    """Write rows as CSV; the columns are those of all rows, in the order they come."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(header, rows, formats=None, *, as_text=False):
    """Write rows of cells as a workbook; a pair is a formula and its last value."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    kinds = {place: book.add_format({"num_format": f}) for place, f in (formats or {}).items()}
    sheet.write_row(0, 0, header)
    for at, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            if isinstance(cell, tuple):
                sheet.write_formula(at, place, cell[0], None, cell[1])
            elif as_text:
                sheet.write_string(at, place, cell)
            else:
                sheet.write(at, place, cell, kinds.get(place))
    book.close()
    return target.getvalue()


@dataclass(frozen=True)
class Filing:
    """A hub, and those who file with it."""

    http: httpx.AsyncClient
    settings: Settings
    url: str

    def headers(self, client):
        token = embedded_issuer(self.settings).mint(
            CLIENTS[client], Purpose.SHORTAGE_RESPONSE, 3600
        )
        return {"authorization": f"Bearer {token}"}

    async def post(self, content, *, feed=STOCK, client="kr-mfds", kind="text/csv", **asking):
        """File a body; `key` is its idempotency key, the rest goes into the address."""
        headers = self.headers(client) | {"content-type": kind}
        if key := asking.pop("key", None):
            headers["idempotency-key"] = key
        return await self.http.post(
            f"/submissions/{feed}", content=content, headers=headers, params=asking
        )

    async def file(self, rows, **asking):
        """File rows as CSV, and read the answer."""
        return (await self.post(csv_of(rows), **asking)).json()

    async def post_partial(self, rows):
        """File rows as CSV, the good ones of them."""
        return await self.file(rows, partial="true")

    async def ask(self, question, *, client="kr-mfds", **variables):
        body = {"query": question, "variables": variables}
        answer = await self.http.post("/graphql", json=body, headers=self.headers(client))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def data(self, question, **asking):
        answer = await self.ask(question, **asking)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def query(self, sql, *values):
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            return await (await connection.execute(sql, values)).fetchall()

    async def execute(self, sql, *values):
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            await connection.execute(sql, values)

    async def forget(self, tables):
        """Empty tables, whatever refers to their rows; nobody who reads them has to wait."""
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            await connection.execute("SET session_replication_role = replica")
            for table in tables:
                await connection.execute(f"DELETE FROM {table}")

    async def current(self, columns, table="stock_report"):
        """Columns of the current versions, by key."""
        return await self.query(
            f"SELECT {columns} FROM {table} WHERE superseded_at IS NULL ORDER BY key"
        )


def rules(answer):
    """Row, column and rule of each defect."""
    return [(one["row"], one["column"], one["rule"]) for one in answer["defects"]]


@asynccontextmanager
async def open_filing(server_url, state):
    """Run the application with the alliance's own policies."""
    async with (
        migrated_database(server_url) as url,
        open_hub(url, ROOT / "policies", state) as hub,
    ):
        yield Filing(hub.http, hub.settings, url)
