"""A member's dated list, simulated: an openFDA endpoint in this process, over real HTTP.

Its rows come, go, change and are dated as a test says, and it can answer with yesterday's list.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from federation.feed import Feed
from federation.gate import GateRules
from federation.harmonize.mapping import Mapping as Table
from federation.harmonize.mapping import always
from federation.reading.tree import read_objects
from federation.records.supply_notice import SupplyNotice
from federation.sources.exchange import Manners
from federation.sources.openfda import OpenFDA, records_of
from federation.vocabularies.terms import NoticeKind, SupplyStatus
from federation.watermark import Watermark
from tests.hub.store.lists import ID, NOTICES

OVERLAP_DAYS = 10
FULL_DAYS = 30


def _read(documents):
    return read_objects(records_of(documents), optional=("id", "title", "dated"))


DATED: Feed = replace(
    NOTICES,
    id="kr.dated",
    source=OpenFDA("/list.json", key="id", credential_name=None, manners=Manners()),
    read=_read,
    primary=Table(
        SupplyNotice,
        scheme="notice number",
        national_id=ID,
        values={
            "title": pl.col("title"),
            "kind": always(NoticeKind.SHORTAGE),
            "status": always(SupplyStatus.ONGOING),
            "native_status": always("부족"),
            "legal_fact": always("none"),
        },
    ),
    watermark=Watermark("dated", ("%Y-%m-%d", "%Y%m%d"), OVERLAP_DAYS, FULL_DAYS),
    gate=GateRules(
        max_loss=1, max_growth=1000, max_unusable=1, max_unusable_rise=1, max_ahead_rise=1
    ),
)
"""A feed read in part. A row without a title can't be used; its gate lets through what may be."""


@dataclass
class Source:
    """The list: title and day by row id, and what was asked of it."""

    rows: dict[str, tuple[str | None, date]] = field(default_factory=dict)
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    url: str = ""
    served: dict[str, tuple[str | None, date]] | None = None
    """What it answers from in place of `rows`: an older state."""
    total: int | None = None
    """How many rows it says it has, where that is not so."""

    def answer(self, target: str) -> tuple[int, dict[str, Any]]:
        """Answer one request."""
        query = parse_qs(urlsplit(target).query)
        self.asked.append(query)
        rows = self.rows if self.served is None else self.served
        search, total = query.get("search", [""])[0], len(rows)
        if search:
            first = search.split("[")[1][:8]
            rows = {key: row for key, row in rows.items() if f"{row[1]:%Y%m%d}" >= first}
            total = len(rows)
        elif query["limit"] == ["1"]:
            total = total if self.total is None else self.total
            rows = dict(list(rows.items())[:1])
        if not rows:
            return 404, {"error": {"code": "NOT_FOUND"}}
        found = [{"id": key, "title": row[0], "dated": f"{row[1]}"} for key, row in rows.items()]
        return 200, {"meta": {"results": {"total": total}}, "results": found}

    @property
    def usable(self) -> dict[str, str]:
        """The titles by id of the rows that can be records."""
        return {key: row[0] for key, row in self.rows.items() if row[0] is not None}

    @property
    def parts(self) -> list[str]:
        """The searches that were asked."""
        return [query["search"][0] for query in self.asked if "search" in query]


@asynccontextmanager
async def serving(source: Source) -> AsyncIterator[Source]:
    """Serve a list on loopback."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        status, document = source.answer(request.split()[1].decode())
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        source.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield source
