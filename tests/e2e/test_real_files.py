"""The members' real files through the whole line: every row accounted for, no contact kept."""

import json
import tempfile
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from federation.records.registry import RECORD_TYPES
from hub.cli.demo import summary
from hub.demo.run import REGULATORS, Demo, ask, run_demo
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.identity.own_issuer.clients import DEMO_CLIENTS
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


@pytest.fixture(scope="module")
async def database(real: Demo) -> AsyncIterator[psycopg.AsyncConnection]:
    with embedded_postgres(real.settings.state_dir) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            yield connection


async def rows(database: psycopg.AsyncConnection, sql: str) -> list[tuple[Any, ...]]:
    return await (await database.execute(sql)).fetchall()


def test_every_feed_of_the_manifest_is_served(real: Demo, shared_data: Path):
    manifest = tomllib.loads((shared_data / "manifest.toml").read_text(encoding="utf-8"))
    assert set(real.feeds) == set(manifest["feeds"])


def french_codes(shared_data: Path) -> set[str]:
    lines = (shared_data / "eu/fr_bdpm_CIS_bdpm_2026-01_cp1252.txt").read_text("cp1252")
    return {line.split("\t")[0] for line in lines.splitlines()}


def korean_codes(shared_data: Path) -> set[str]:
    permits = json.loads((shared_data / "kr/mfds_permit_list_20260203_part1.json").read_text())
    return {permit["ITEM_SEQ"] for permit in permits}


@pytest.mark.parametrize(
    ("feed", "codes", "fewest"),
    [("eu.fr_shortages", french_codes, 900), ("kr.mfds_shortages", korean_codes, 50)],
)
async def test_notices_lead_to_their_products_where_the_list_holds_the_code(
    database, shared_data: Path, feed, codes, fewest
):
    listed = codes(shared_data)
    notices = await rows(
        database,
        "SELECT split_part(n.product_key, '.', 3), p.key IS NOT NULL FROM supply_notice n "
        "LEFT JOIN product p ON p.key = n.product_key AND p.superseded_at IS NULL "
        f"WHERE n.superseded_at IS NULL AND n.feed = '{feed}'",
    )
    joined = [is_joined for code, is_joined in notices if code in listed]
    assert len(joined) >= fewest
    assert sum(joined) >= 0.95 * len(joined)


async def test_resolved_substances_are_in_the_register(database):
    ((lost, resolved),) = await rows(
        database,
        "SELECT count(*) FILTER (WHERE s.key IS NULL), count(*) FROM ingredient i "
        "LEFT JOIN substance s ON s.key = i.substance_key AND s.superseded_at IS NULL "
        "WHERE i.superseded_at IS NULL AND i.substance_key IS NOT NULL",
    )
    assert lost == 0 < resolved


async def test_nine_strengths_in_ten_are_numbers(database):
    shares = await rows(
        database,
        "SELECT feed, count(strength_value)::float / count(*) FROM ingredient "
        "WHERE superseded_at IS NULL AND strength_text IS NOT NULL GROUP BY feed",
    )
    assert len(shares) >= 10
    assert [(feed, share) for feed, share in shares if share < 0.9] == []


async def test_nine_dose_forms_in_ten_have_a_common_term(database):
    shares = await rows(
        database,
        "SELECT feed, 1 - count(*) FILTER (WHERE dose_form = 'UNMAPPED')::float / count(*) "
        "FROM product WHERE superseded_at IS NULL AND dose_form IS NOT NULL GROUP BY feed",
    )
    assert len(shares) >= 9
    assert [(feed, share) for feed, share in shares if share < 0.9] == []


async def test_medicines_of_several_members_are_known_as_equal(database):
    ((shared, widely),) = await rows(
        database,
        "SELECT count(*) FILTER (WHERE members >= 2), count(*) FILTER (WHERE members = 5) FROM "
        "(SELECT count(DISTINCT origin) AS members FROM product WHERE superseded_at IS NULL "
        "AND pharmaceutical_product_key IS NOT NULL GROUP BY pharmaceutical_product_key) k",
    )
    assert shared >= 2_000
    assert widely >= 40


async def test_no_contact_reaches_a_table(database):
    columns = await rows(
        database,
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name NOT LIKE 'procrastinate%' "
        "AND data_type IN ('text', 'jsonb', 'ARRAY')",
    )
    assert len(columns) > 150
    for table, column in columns:
        text = f"replace(\"{column}\"::text, '{A_LOT}', '')"
        cursor = await database.execute(
            f'SELECT "{column}"::text FROM "{table}" WHERE {text} ~ %s LIMIT 1',
            [f"{EMAIL}|{TELEPHONE}"],
        )
        assert await cursor.fetchone() is None, (table, column)
