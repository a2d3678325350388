"""Where else a medicine is authorised: a join by the shared key, under the owners' policies."""

import psycopg
import pytest

from hub.settings import ROOT
from hub.store.equivalence import derive_equivalence
from tests.hub.gateway.serving import new_database, open_hub, write_policies
from tests.hub.gateway.world import insert
from tests.hub.store.medicines import NOW, PARACETAMOL, ingredient, product, record

US_SHARES = """
id: us-products
owner: US
title: Products for all
legal_basis: a test
recipients: all
purposes: any
valid_from: 2026-01-01
share:
  - {records: [Product, Organization], groups: [public]}
"""
QUESTION = (
    "{ products(first: 9, filter: {origin: {eq: %s}}) "
    "{ nodes { name equivalents(first: 5) { origin name holder { name } } } } }"
)


def _rows():
    strengths = {"KR": ("500", "mg"), "US": ("0.5", "g"), "JP": ("500000", "ug")}
    products, parts = [], []
    for origin, strength in strengths.items():
        for place, form in enumerate(("FILM_COATED_TABLET", "SUPPOSITORY")):
            key = f"{origin}.Product.{place}"
            holder = f"{origin}.Organization.1"
            routes = ["ORAL"] if place == 0 else ["RECTAL"]
            products.append(product(key, dose_form=form, routes=routes, holder_key=holder))
            # Suppositories are of another strength each, and so equal to none.
            amount = strength if place == 0 else (str(100 + len(products)), "mg")
            parts.append(ingredient(key, PARACETAMOL, *amount))
    holders = [
        record(f"{origin}.Organization.1", NOW, name=f"{origin} holder", kind="MANUFACTURER")
        | {"identifiers": []}
        for origin in strengths
    ]
    return {"Product": products, "Ingredient": parts, "Organization": holders}


@pytest.fixture(scope="module")
async def equivalents_hub(database_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("equivalents")
    baseline = (ROOT / "policies" / "baseline.cedar").read_text()
    policies = write_policies(folder / "policies", baseline, {"us-products": US_SHARES})
    async with new_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, _rows())
            for origin in ("KR", "US", "JP"):
                await derive_equivalence(connection, origin, NOW)
        async with open_hub(url, policies, folder / "state") as opened:
            yield opened


async def test_a_caller_finds_where_else_a_medicine_is_authorised(equivalents_hub):
    found = await equivalents_hub.data(QUESTION % "KR", client="kr-mfds")
    tablet, suppository = found["products"]["nodes"]
    us = {"origin": "US", "name": "US.Product.0", "holder": {"name": "US holder"}}
    assert tablet == {"name": "KR.Product.0", "equivalents": [us]}  # Japan shares nothing
    assert suppository["equivalents"] == []


async def test_a_member_that_nobody_shares_with_finds_no_equivalents(equivalents_hub):
    found = await equivalents_hub.data(QUESTION % "US", client="us-fda")
    assert [node["equivalents"] for node in found["products"]["nodes"]] == [[], []]
