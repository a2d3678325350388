"""The members' real files, searched as a regulator would."""

import pytest

from federation.members.registry import FEEDS
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.demo.standins.process import start_standins
from hub.outbound import Limits
from hub.search.index import bring_up_to_date
from hub.sync.current_register import REGISTER_FEED
from tests.hub.gateway.search_scene import search
from tests.hub.gateway.serving import open_hub
from tests.hub.store.databases import migrated_database
from tests.hub.sync.members import open_hub as open_pulls

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

LIMITS = Limits(seconds=60, silence_seconds=30, body_bytes=64 * 1024 * 1024)
PULLED = (
    REGISTER_FEED,
    "us.openfda_shortages",
    "kr.mfds_permits",
    "jp.mhlw_prices",
    "eu.fr_products",
    "eu.fr_compositions",
    "eu.de_shortages",
)


@pytest.fixture(scope="module")
async def hub(database_url, shared_data, tmp_path_factory, policy_folders, state):
    """A hub over some of the real feeds, with their terms."""
    folder = tmp_path_factory.mktemp("real")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
        async with (
            migrated_database(database_url) as url,
            start_standins(shared_data / "manifest.toml") as standins,
            open_pulls(url, standins.base_urls, folder, LIMITS) as pulling,
        ):
            for feed in PULLED:
                result = await pulling.pull(FEEDS[feed])
                assert result.outcome == "PUBLISHED", result
            await bring_up_to_date(pulling.tools.pool)
            async with open_hub(url, policy_folders["open"], state) as opened:
                yield opened


async def found(hub, text, *types):
    """The origins and names found, with how."""
    page = await search(hub, text, first=500, types=list(types))
    return [
        (edge["node"]["id"], edge["matched"]["how"], edge["matched"]["text"])
        for edge in page["edges"]
    ]


@pytest.mark.parametrize(
    "text", ["아세트아미노펜", "ｱｾﾄｱﾐﾉﾌｪﾝ", "acetaminophen", "PARACÉTAMOL", "あせとあみのふぇん"]
)
async def test_paracetamol_is_found_in_every_country_by_each_of_its_names(hub, text):
    products = await found(hub, text, "Product")
    assert {"KR", "JP", "EU"} <= {key.split(".")[0] for key, _, _ in products}
    [(key, how, _)] = await found(hub, text, "Substance")
    assert (key, how) == ("ALLIANCE.Substance.paracetamol", "NAME")


async def test_a_brand_is_found_by_its_beginning_in_small_letters(hub):
    products = await found(hub, "doliprane", "Product")
    assert len(products) > 10
    assert {how for _, how, _ in products[:10]} == {"BEGINS"}
    assert all("DOLIPRANE" in text for _, _, text in products[:10])


@pytest.mark.parametrize("text", ["0409-3815-12", "0409381512", "00409381512", "00409-3815-12"])
async def test_an_ndc_is_found_in_each_of_its_forms(hub, text):
    packages = await found(hub, text, "Package")
    assert [(key, how) for key, how, _ in packages] == [("US.Package.00409381512", "CODE")]


async def test_a_pzn_leads_to_the_package_its_product_and_its_notice(hub):
    finds = await found(hub, "PZN 4300118")
    assert [(key.split(".")[1], how) for key, how, _ in finds] == [
        ("Product", "CODE"),
        ("SupplyNotice", "CODE"),
        ("Package", "CODE"),
    ]
