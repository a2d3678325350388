"""The members' real companies and sites: which of them are one, and which are not."""

from collections import Counter

import pytest

from federation.members.registry import FEEDS
from federation.records.organization import Organization
from federation.records.site import Site
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.demo.standins.process import start_standins
from hub.outbound import Limits
from hub.sync.current_register import REGISTER_FEED
from hub.sync.entities.linking import Linked, link_entities
from tests.hub.store.databases import migrated_database
from tests.hub.sync.members import open_hub

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

LIMITS = Limits(seconds=60, silence_seconds=30, body_bytes=64 * 1024 * 1024)
SPEAKING = [
    feed
    for feed in FEEDS.values()
    if any(mapping.record in {Organization, Site} for mapping in feed.mappings)
]


@pytest.fixture(scope="module")
async def hub(database_url, shared_data, tmp_path_factory):
    """A hub that has pulled every real feed that names companies or sites, and linked them."""
    state = tmp_path_factory.mktemp("real")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
        async with (
            migrated_database(database_url) as url,
            start_standins(shared_data / "manifest.toml") as standins,
            open_hub(url, standins.base_urls, state, LIMITS) as opened,
        ):
            for feed in (FEEDS[REGISTER_FEED], *SPEAKING):
                result = await opened.pull(feed)
                assert result.outcome == "PUBLISHED", result
            async with opened.tools.pool.connection() as connection:
                await link_entities(connection)
            yield opened


async def entity(hub, key):
    table = key.split(".")[1].lower()
    sql = f"SELECT entity_key FROM {table} WHERE superseded_at IS NULL AND key = %s"
    return (await hub.query(sql, key))[0][0]


async def sizes(hub, table):
    sql = f"SELECT count(*) FROM {table} WHERE superseded_at IS NULL GROUP BY entity_key"
    return Counter(size for (size,) in await hub.query(sql))


async def test_figures(hub):
    organizations, sites = await sizes(hub, "organization"), await sizes(hub, "site")
    records = sum(size * count for size, count in organizations.items())
    assert records > 5_000
    assert sum(size * count for size, count in sites.items()) > 6_000
    assert 320 < sum(count for size, count in organizations.items() if size > 1) < 420
    assert 50 < sum(count for size, count in sites.items() if size > 1) < 80
    assert max(organizations) <= 8
    assert max(sites) <= 4


async def test_no_entity_holds_two_numbers_of_one_scheme_but_licences_of_one_company(hub):
    for table in ("organization", "site"):
        torn = await hub.query(
            f"SELECT entity_key FROM {table} t, unnest(identifiers) AS number "
            "WHERE superseded_at IS NULL AND number NOT LIKE 'MFDS-ENTP:%%' "
            "GROUP BY entity_key, split_part(number, ':', 1) HAVING count(DISTINCT number) > 1"
        )
        assert torn == []
    several = await hub.query(
        "SELECT count(DISTINCT business_number) FROM organization WHERE superseded_at IS NULL "
        "AND business_number IS NOT NULL GROUP BY entity_key"
    )
    assert {count for (count,) in several} == {1}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("KR.Organization.19570027", "KR.Organization.20162753"),  # 한미약품, maker and importer
        ("KR.Organization.19570027", "KR.Organization.한미약품"),
        ("EU.Organization.zambon spa", "EU.Organization.zambon, IT"),
        ("EU.Organization.hexal ag", "EU.Organization.hexal aktiengesellschaft"),
        ("EU.Organization.teva gmbh", "EU.Organization.teva, DE"),
        ("EU.Organization.eli lilly nederland bv", "EU.Organization.eli lilly nederland bv, NL"),
    ],
)
async def test_spellings_of_one_company_are_one(hub, left, right):
    assert await entity(hub, left) == await entity(hub, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("EU.Organization.teva gmbh", "EU.Organization.teva bv"),
        ("EU.Organization.teva, DE", "EU.Organization.teva, NL"),
        ("EU.Organization.bayer ag", "EU.Organization.bayer pharma ag"),
        ("EU.Organization.pfizer europe ma eeig", "EU.Organization.pfizer pharma gmbh"),
        ("KR.Organization.종근당", "KR.Organization.종근당바이오"),
        ("KR.Organization.셀트리온", "KR.Organization.셀트리온제약"),
        ("JP.Organization.日医工", "JP.Organization.日医工岐阜工場"),
        ("EU.Site.8083913", "EU.Site.8164994"),  # two plants of Glenmark Life Sciences
    ],
)
async def test_companies_of_one_group_and_plants_of_one_company_are_not(hub, left, right):
    assert await entity(hub, left) != await entity(hub, right)


async def test_site_inspected_by_two_members_is_one(hub):
    (pair,) = await hub.query(
        "SELECT k.entity_key, u.entity_key FROM site k, site u WHERE k.superseded_at IS NULL "
        "AND u.superseded_at IS NULL AND k.origin = 'KR' AND u.origin = 'US' "
        "AND k.name = 'Roquette Freres' AND u.name = 'Roquette Freres' "
        "AND u.locality_text = 'Lestrem'"
    )
    assert pair[0] == pair[1]


async def test_linking_again_changes_nothing(hub):
    async with hub.tools.pool.connection() as connection:
        assert await link_entities(connection) == Linked()
