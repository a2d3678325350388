"""A gateway that is killed under load, again and again: no answer is without its record."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import httpx  # noqa: TID251 - asks gateways on loopback
import psycopg
import pytest

from hub.entrance import embedded_issuer
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Purpose
from hub.settings import Settings
from tests.e2e.gateways import gateway_process
from tests.hub.store.databases import migrated_database

PUBLIC = "https://hub.example"
KILLS = 20
AT_ONCE = 8
ANSWERS = 40
"""How many answers are awaited before each kill."""

QUESTION = "query Q($first: Int!) { supplyNotices(first: $first) { nodes { key } } me { client } }"


LIMITLESS = dict.fromkeys(
    ("HUB_CLIENT_RATE", "HUB_MEMBER_RATE", "HUB_CLIENT_QUOTA", "HUB_MEMBER_QUOTA"), "0"
)


class Load:
    """Clients that ask one gateway after another, and the ids in the answers they got whole."""

    def __init__(self, token: str) -> None:
        self.ids: list[str] = []
        self._headers = {"authorization": f"Bearer {token}"}

    @asynccontextmanager
    async def on(self, address: str) -> AsyncIterator[None]:
        """Ask a gateway as fast as it answers; the block begins under load, and must kill it."""
        busy = asyncio.Event()
        url = f"http://{address}/graphql"
        asking = [asyncio.create_task(self._ask(url, busy)) for _ in range(AT_ONCE)]
        try:
            await busy.wait()
            yield
        finally:
            await asyncio.gather(*asking)

    async def _ask(self, url: str, busy: asyncio.Event) -> None:
        enough = len(self.ids) + ANSWERS
        async with httpx.AsyncClient(headers=self._headers, timeout=60) as http:
            for number in count():
                body = {"query": QUESTION, "variables": {"first": 1 + number % 100}}
                try:
                    answer = await http.post(url, json=body)
                except httpx.TransportError:
                    return
                self.ids.append(answer.json()["extensions"]["disclosure"]["id"])
                if len(self.ids) >= enough:
                    busy.set()


@pytest.fixture
def token(tmp_path: Path) -> str:
    """A token of the embedded issuer, whose keys lie in the gateways' state folder."""
    settings = Settings(state_dir=tmp_path, public_url=PUBLIC)
    [client] = [each for each in DEMO_CLIENTS if each.client_id == "kr-mfds"]
    return embedded_issuer(settings).mint(client, Purpose.EXERCISE, 3600)


@pytest.mark.timeout(900)
async def test_every_answer_of_a_killed_gateway_has_its_record(database_url, tmp_path, token):
    load = Load(token)
    async with migrated_database(database_url) as url:
        for _ in range(KILLS):
            async with (
                gateway_process(tmp_path, url, PUBLIC, **LIMITLESS) as running,
                load.on(running.address),
            ):
                running.process.kill()
        async with await psycopg.AsyncConnection.connect(url) as connection:
            cursor = await connection.execute("SELECT id::text FROM disclosure")
            kept = [row[0] for row in await cursor.fetchall()]
    assert len(load.ids) >= KILLS * ANSWERS
    assert len({*load.ids}) == len(load.ids)
    assert {*load.ids} <= {*kept}
    # Recorded, and never arrived, is at most what was on its way at a kill.
    assert len(kept) - len(load.ids) <= KILLS * AT_ONCE
