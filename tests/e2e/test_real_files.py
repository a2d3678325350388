"""The members' real files through the whole line: every row accounted for, no contact kept."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from federation.records.registry import RECORD_TYPES
from hub.cli.demo import summary
from hub.demo.run import REGULATORS, Demo, ask, run_demo
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.identity.clients import DEMO_CLIENTS
from hub.identity.types import Purpose
from hub.settings import Settings
from hub.store.embedded import embedded_postgres

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

ROWS = {
    "kr.mfds_shortages": 483,
    "kr.mfds_permits": 2_500,
    "us.openfda_shortages": 1_703,
    "us.drugsatfda": 12_000,
    "jp.mhlw_supply": 53,
    "jp.mhlw_prices": 12_434,
    "in.janaushadhi": 1_600,
    "in.cdsco_nsq": 145,
    "eu.ema_medicines": 2_576,
    "eu.fr_products": 15_799,
    "eu.fr_shortages": 993,
    "eu.fr_compositions": 12_000,
}
CLIENTS = {client.client_id: client for client in DEMO_CLIENTS}
EMAIL = r"[[:alnum:]._%+-]+@[[:alnum:]-]+\.[[:alnum:]]"
A_LOT = "330-223-2501"  # a recalled batch in the form of a telephone number
TELEPHONE = r"(^|[^0-9-])\(?[0-9]{3}\)?[ .-][0-9]{3}[.-][0-9]{4}($|[^0-9])"


@pytest.fixture(scope="module")
async def real(shared_data: Path) -> AsyncIterator[Demo]:
    with (
        tempfile.TemporaryDirectory(prefix="hub-real-") as folder,
        pytest.MonkeyPatch.context() as p,
    ):
        p.setenv("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
        manifest = shared_data / "manifest.toml"
        settings = Settings(state_dir=Path(folder))
        async with run_demo(settings, manifest, "127.0.0.1", 0, Purpose.SHORTAGE_RESPONSE) as demo:
            yield demo


async def count(demo: Demo, client: str, root: str, where: str) -> int:
    question = f"{{ {root}(filter: {where}) {{ totalCount }} }}"
    return (await ask(demo, CLIENTS[client], question))["data"][root]["totalCount"]


def test_every_row_is_read_and_accounted_for(real: Demo):
    assert {feed: real.feeds[feed].rows for feed in ROWS} == ROWS
    for feed in real.feeds.values():
        assert feed.outcome == "PUBLISHED", (feed.feed, feed.reason)
        assert feed.rows == feed.records + feed.quarantined + feed.merged, feed.feed
        assert feed.quarantined <= feed.rows * 0.01, feed.feed


def test_the_summary_has_the_shape_of_the_contract(real: Demo):
    found = summary(real)
    assert set(found) == {"feeds", "regulators"}
    for feed in found["feeds"].values():
        assert {"rows", "records", "quarantined", "seconds"} <= set(feed)
    assert list(found["regulators"]) == [client.client_id for client in REGULATORS]
    for counts in found["regulators"].values():
        assert list(counts) == list(RECORD_TYPES)
        assert sum(counts.values()) > 0


async def test_statuses_come_out_as_the_owners_mean_them(real: Demo):
    discontinued = "{origin: {eq: US}, status: {eq: DISCONTINUED}, kind: {eq: DISCONTINUATION}}"
    assert await count(real, "us-fda", "supplyNotices", discontinued) == 519
    short = "{origin: {eq: US}, status: {eq: ONGOING}, kind: {ne: SHORTAGE}}"
    assert await count(real, "us-fda", "supplyNotices", short) == 0
    withdrawn = "{origin: {eq: KR}, status: {eq: WITHDRAWN}}"
    assert await count(real, "kr-mfds", "supplyNotices", withdrawn) == 24
    unmapped = "{status: {eq: UNMAPPED}}"
    assert await count(real, "eu-ema", "supplyNotices", unmapped) == 0


async def test_an_unpublished_price_is_not_free(real: Demo):
    free = '{origin: {eq: IN}, amount: {lte: "0"}}'
    assert await count(real, "in-cdsco", "priceCeilings", free) == 0
    silent = "{origin: {eq: IN}, amountStatus: {eq: NOT_PUBLISHED}}"
    assert await count(real, "in-cdsco", "priceCeilings", silent) == 269


async def test_no_contact_reaches_a_table(real: Demo):
    with embedded_postgres(real.settings.state_dir) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            cursor = await connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = 'public' AND table_name NOT LIKE 'procrastinate%' "
                "AND data_type IN ('text', 'jsonb', 'ARRAY')"
            )
            columns = await cursor.fetchall()
            assert len(columns) > 150
            for table, column in columns:
                text = f"replace(\"{column}\"::text, '{A_LOT}', '')"
                cursor = await connection.execute(
                    f'SELECT "{column}"::text FROM "{table}" WHERE {text} ~ %s LIMIT 1',
                    [f"{EMAIL}|{TELEPHONE}"],
                )
                assert await cursor.fetchone() is None, (table, column)
