"""Who makes a substance, on what evidence: from register to sites, under the owners' policies."""

import psycopg
import pytest

from federation.substances.register import LANGUAGES
from hub.settings import ROOT
from tests.hub.gateway.serving import new_database, open_hub, write_policies
from tests.hub.gateway.world import insert
from tests.hub.store.medicines import NOW, record

ETOPOSIDE, CEFRADINE = "ALLIANCE.Substance.etoposide", "ALLIANCE.Substance.cefradine"
SHARES = """
id: {owner}-sites
owner: {member}
title: Sites and what they do, for all
legal_basis: a test
recipients: all
purposes: any
valid_from: 2026-01-01
share:
  - {{records: [Site, SiteRole, EssentialListing], groups: [public]}}
"""
QUESTION = """{ substances(filter: {inn: {eq: "etoposide"}}) { nodes {
  essentialListings { listName }
  siteRoles { role standing evidence site { name country } }
} } }"""
VALID = """{ siteRoles(filter: {substanceKey: {eq: "%s"}, standing: {eq: VALID}}) { nodes {
  site { name } substance { inn } } } }"""


def _substance(key):
    inn = key.removeprefix("ALLIANCE.Substance.")
    names = [f"names_{language}" for language in LANGUAGES]
    return record(key, NOW, inn=inn, atc_codes=[]) | {name: [] for name in names}


def _role(place, country, standing, **content):
    origin, _, number = place.split(".")
    certificate = {
        "role": "ACTIVE_SUBSTANCE",
        "evidence": "CERTIFICATE_OF_SUITABILITY",
        "substance_key": ETOPOSIDE,
    }
    site = {"name": place, "country": country, "other_names": [], "identifiers": []}
    return (
        record(place, NOW, **site),
        record(
            f"{origin}.SiteRole.{number}",
            NOW,
            site_key=place,
            standing=standing,
            **certificate | content,
        ),
    )


def _rows():
    made = [
        _role("EU.Site.1", "JP", "VALID"),
        _role("EU.Site.2", "IN", "EXPIRED"),
        _role("EU.Site.3", "US", "VALID", role="NOT_STATED", substance_key=None),  # a TSE one
        _role("EU.Site.4", "NL", "WITHDRAWN", substance_key=CEFRADINE),
        _role("US.Site.1", "US", "NOT_STATED", evidence="LISTING"),
        _role("KR.Site.1", "KR", "VALID", evidence="INSPECTION"),
    ]
    listing = {"list_name": "Union list", "atc_codes": ["L01CB01"], "legal_effect": "MONITORING"}
    return {
        "Substance": [_substance(ETOPOSIDE), _substance(CEFRADINE)],
        "Site": [site for site, _ in made],
        "SiteRole": [role for _, role in made],
        "EssentialListing": [
            record("EU.EssentialListing.L01CB01", NOW, substance_key=ETOPOSIDE, **listing)
        ],
    }


@pytest.fixture(scope="module")
async def makers_hub(database_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("makers")
    baseline = (ROOT / "policies" / "baseline.cedar").read_text()
    shares = {
        f"{member.lower()}-sites": SHARES.format(owner=member.lower(), member=member)
        for member in ("EU", "US")
    }
    policies = write_policies(folder / "policies", baseline, shares)
    async with new_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, _rows())
        async with open_hub(url, policies, folder / "state") as opened:
            yield opened


async def test_a_substance_leads_to_its_sites_of_every_member_that_shares_them(makers_hub):
    found = await makers_hub.data(QUESTION, client="jp-mhlw")
    (etoposide,) = found["substances"]["nodes"]
    roles = {role["site"]["name"]: role for role in etoposide["siteRoles"]}
    assert {name: (role["standing"], role["site"]["country"]) for name, role in roles.items()} == {
        "EU.Site.1": ("VALID", "JP"),
        "EU.Site.2": ("EXPIRED", "IN"),
        "US.Site.1": ("NOT_STATED", "US"),
    }  # Korea shares nothing, and a TSE certificate is of no substance
    assert roles["US.Site.1"]["evidence"] == "LISTING"
    assert etoposide["essentialListings"] == [{"listName": "Union list"}]


@pytest.mark.parametrize(
    ("client", "names"), [("jp-mhlw", ["EU.Site.1"]), ("kr-mfds", ["EU.Site.1", "KR.Site.1"])]
)
async def test_an_expired_certificate_is_not_among_the_valid_ones(makers_hub, client, names):
    found = await makers_hub.data(VALID % ETOPOSIDE, client=client)
    nodes = found["siteRoles"]["nodes"]
    assert sorted(node["site"]["name"] for node in nodes) == names
    assert {node["substance"]["inn"] for node in nodes} == {"etoposide"}


async def test_a_substance_whose_only_certificate_is_withdrawn_has_no_valid_maker(makers_hub):
    found = await makers_hub.data(VALID % CEFRADINE, client="jp-mhlw")
    assert found["siteRoles"]["nodes"] == []
