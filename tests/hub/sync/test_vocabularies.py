"""What is unmapped in the data being served, and what a changed crosswalk would move."""

import dataclasses

import polars as pl
import pytest

from federation.harmonize.mapping import Mapping, always, routes, term, terms, texts
from federation.members.registry import FEEDS
from federation.reading.native import NativeTable, number
from federation.records.declaration import Origin
from federation.records.product import Product
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.dose_forms import DoseForm, Route
from federation.vocabularies.terms import AuthorisationStatus, SupplyClass
from hub.errors import MemberFault, NotFound
from hub.sync.pull import Outcome
from hub.sync.vocabularies import Move, Unmapped, moves, unmapped
from tests.hub.store.lists import NOTICES

FORM = Crosswalk("xx.dose_form", DoseForm, 1, {"Tablette": DoseForm.TABLET})
ROUTE = Crosswalk("xx.route", Route, 1, {"Mund": Route.ORAL})
CLASS = Crosswalk("xx.supply_class", SupplyClass, 1, {"Rp": SupplyClass.PRESCRIPTION})
LINES = [
    ("1", "Tablette", "Mund", "Rp"),
    ("2", "Kapsel", "Mund", "Rp"),
    ("3", "Kapsel", "Nase; Mund", "frei"),
    ("4", None, "", "Rp"),
]


def product(form=FORM):
    stated = texts(pl.col("route"), ";")
    return Mapping(
        Product,
        "product number",
        pl.col("number"),
        {
            "name": pl.col("number"),
            "species": always("HUMAN"),
            "authorisation_status": always(AuthorisationStatus.NOT_STATED),
            "dose_form_text": pl.col("form"),
            "dose_form": term(pl.col("form"), form),
            "route_texts": stated,
            "routes": routes(term(pl.col("form"), form), terms(stated, ROUTE)),
            "supply_class": term(pl.col("class"), CLASS),
        },
    )


def read(_):
    rows = pl.DataFrame(LINES, ["number", "form", "route", "class"], orient="row")
    return NativeTable(number(rows))


FEED = dataclasses.replace(
    NOTICES,
    id="eu.products",
    member=Origin.EU,
    source=FEEDS["ref.alliance_substances"].source,
    read=read,
    primary=product(),
    others=(),
)


@pytest.fixture
async def served(hub):
    assert (await hub.pull(FEED)).outcome is Outcome.PUBLISHED
    return hub


async def found(hub, feed):
    return await moves(hub.tools.pool, hub.tools.landing, feed)


async def test_unmapped_texts_come_worst_first_in_the_records_own_words_or_the_rows(served):
    async with served.tools.pool.connection() as connection:
        assert await unmapped(connection, [FEED]) == [
            Unmapped("eu.products", "Product", "dose_form", "Kapsel", 2),
            Unmapped("eu.products", "Product", "routes", "Nase; Mund", 1),
            Unmapped("eu.products", "Product", "supply_class", "frei", 1),
        ]


async def test_what_a_feed_never_brought_is_not_unmapped(served):
    other = dataclasses.replace(FEED, id="eu.others")
    async with served.tools.pool.connection() as connection:
        assert await unmapped(connection, [other]) == []


async def test_unchanged_crosswalks_move_nothing(served):
    assert await found(served, FEED) == []


async def test_a_changed_crosswalk_shows_what_would_move_and_writes_nothing(served):
    capsule = dataclasses.replace(
        FORM, version=2, terms={"Kapsel": DoseForm.CAPSULE, "Tablette": DoseForm.FILM_COATED_TABLET}
    )
    before = await served.written()
    assert await found(served, dataclasses.replace(FEED, primary=product(capsule))) == [
        Move("Product", "dose_form", "UNMAPPED", "CAPSULE", 2),
        Move("Product", "dose_form", "TABLET", "FILM_COATED_TABLET", 1),
    ]
    assert await served.written() == before


async def test_a_list_of_routes_moves_as_a_whole(served):
    changed = product()
    values = changed.values | {"routes": pl.lit(None, pl.List(pl.String))}
    feed = dataclasses.replace(FEED, primary=dataclasses.replace(changed, values=values))
    assert await found(served, feed) == [
        Move("Product", "routes", "ORAL", "–", 2),
        Move("Product", "routes", "UNMAPPED; ORAL", "–", 1),
    ]


async def test_a_feed_that_was_never_published_is_refused(hub):
    with pytest.raises(NotFound, match=r"run `hub pull eu\.products`"):
        await found(hub, FEED)


async def test_bytes_that_the_feed_of_now_can_not_read_are_a_members_fault(served):
    primary = dataclasses.replace(product(), values=product().values | {"name": pl.col("gone")})
    with pytest.raises(MemberFault, match=r"columns `gone` are gone"):
        await found(served, dataclasses.replace(FEED, primary=primary))


@pytest.mark.parametrize("feed", ["us.openfda_shortages", "eu.fr_products", "jp.mhlw_supply"])
async def test_a_feed_read_again_as_it_was_published_moves_nothing(hub, feed):
    await hub.pull(feed)
    assert await found(hub, FEEDS[feed]) == []
