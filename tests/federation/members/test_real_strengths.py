"""How many of the ingredients whose source states a strength have it read, feed by feed."""

import io
import json
import tomllib
from zipfile import ZipFile

import polars as pl
import pytest

from federation.harmonize.run import harmonize
from federation.members.registry import FEEDS
from federation.reading.native import Document
from federation.records.product import Ingredient
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

LEAST_SHARE = 0.9
PACKED = {
    "us.drugsatfda": (
        "Products.txt",
        "Applications.txt",
        "MarketingStatus.txt",
        "MarketingStatus_Lookup.txt",
    ),
    "us.ndc_unfinished": ("unfinished_product.txt", "unfinished_package.txt"),
}
STATED = {
    "kr.mfds_permits": 1033,
    "kr.mfds_products": 695,
    "kr.hira_ingredients": 20000,
    "us.drugsatfda": 15229,
    "us.openfda_shortages": 1564,
    "us.ndc_unfinished": 4267,
    "jp.mhlw_supply": 47,
    "jp.mhlw_prices": 9282,
    "in.janaushadhi": 2237,
    "eu.fr_compositions": 10038,
    "eu.de_shortages": 15,
}
"""Feed ← the ingredients whose strength its real file states."""


def documents(shared_data, feed):
    files = tomllib.loads((shared_data / "manifest.toml").read_text())["feeds"][feed]
    found = [Document(file, (shared_data / file).read_bytes()) for file in files]
    if feed in PACKED:
        packed = io.BytesIO()
        with ZipFile(packed, "w") as archive:
            for name, document in zip(PACKED[feed], found, strict=True):
                archive.writestr(name, document.content)
        return [Document(f"{feed}.zip", packed.getvalue())]
    if feed == "kr.mfds_permits":
        items = json.loads(found[0].content)
        page = {"header": {"resultCode": "00"}, "body": {"items": items, "totalCount": 1}}
        return [Document("page-1.json", json.dumps(page).encode())]
    return found


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.mark.real
@pytest.mark.parametrize("feed", STATED)
def test_nine_in_ten_stated_strengths_are_read(shared_data, resolver, feed):
    native = FEEDS[feed].read(documents(shared_data, feed))
    harmonized = harmonize(FEEDS[feed], native, resolver)
    [frame] = [batch.frame for batch in harmonized.batches if batch.mapping.record is Ingredient]
    stated = frame.filter(pl.col("strength_text").is_not_null())
    assert stated.height == STATED[feed]
    assert stated["strength_value"].count() >= LEAST_SHARE * stated.height
    assert stated["strength_unit"].null_count() == stated["strength_value"].null_count()
    assert not stated["strength_value"].is_in(["0", "0.0"]).any()


@pytest.mark.real
def test_every_feed_that_states_strengths_is_measured():
    without = {
        feed.id
        for feed in FEEDS.values()
        for mapping in feed.mappings
        if mapping.record is Ingredient and feed.id not in STATED
    }
    assert without == {"eu.ema_medicines"}
