"""What agreements may ask of a record's medicine: how it is worked out, stored, and not shown."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import CheckViolation
from psycopg.sql import SQL, Identifier

from federation.records.registry import RECORD_TYPES
from hub.gateway.schema import build_schema
from hub.policy.schema import ALLIANCE, CedarType
from hub.store.conditions import derive_conditions
from tests.hub.gateway.world import insert
from tests.hub.store import lists
from tests.hub.store.medicines import (
    CAFFEINE,
    NOW,
    PARACETAMOL,
    THEN,
    generic,
    ingredient,
    product,
    record,
    versions,
)

CONDITIONED = {name for name, record_type in RECORD_TYPES.items() if record_type.conditions}
SOURCES = {"Ingredient", "EssentialListing"}
TABLET, POWDER = "KR.Product.1", "KR.GenericMedicine.2"
CONTENTS = {
    "SupplyNotice": {
        "title": "title",
        "kind": "SHORTAGE",
        "status": "ONGOING",
        "native_status": "부족",
        "legal_fact": "law",
        "package_codes": [],
    },
    "QualityAlert": {
        "title": "title",
        "kind": "RECALL",
        "severity": "NOT_STATED",
        "batch_numbers": [],
    },
    "StockReport": {},
    "PriceCeiling": {
        "title": "title",
        "kind": "CEILING",
        "amount_status": "STATED",
        "currency": "KRW",
    },
}


def about(record_type, medicine=None, recorded_at=NOW, number="9", **content):
    """Make a record about a medicine."""
    link = {"Product": "product_key", "GenericMedicine": "generic_key"}
    links = {link[medicine.split(".")[1]]: medicine} if medicine else {}
    key = f"{content.pop('origin', 'KR')}.{record_type}.{number}"
    return record(key, recorded_at, **CONTENTS[record_type] | links | content)


def listing(name, recorded_at=NOW, number="1", origin="KR", **links):
    """Make a standing on an essential list."""
    content = {"list_name": name, "atc_codes": [], "legal_effect": "NONE"}
    return record(f"{origin}.EssentialListing.{number}", recorded_at, **content | links)


@pytest.fixture
def write(connection):
    async def inserted(*rows):
        by_type = {}
        for row in rows:
            by_type.setdefault(row["key"].split(".")[1], []).append(row)
        await insert(connection, by_type)

    return inserted


@pytest.fixture
def asked(connection):
    """What agreements would find in a record's newest version."""

    async def read(row):
        *_, newest = await versions(connection, row["key"].split(".")[1], row["key"])
        return newest["substances"], newest["essential_lists"]

    return read


async def derive(connection, published=SOURCES | CONDITIONED, at=NOW, origin="KR", **more):
    return await derive_conditions(connection, origin, at, published, **more)


def test_five_record_types_have_both_conditions():
    names = [tuple(facts.name for facts in RECORD_TYPES[name].conditions) for name in CONDITIONED]
    assert {"Product", *CONTENTS} == CONDITIONED
    assert set(names) == {("substances", "essential_lists")}


@pytest.mark.parametrize("name", CONTENTS)
async def test_a_record_of_any_type_has_the_conditions_of_its_product(
    connection, write, asked, name
):
    row = about(name, TABLET)
    parts = [ingredient(TABLET, CAFFEINE, "65"), ingredient(TABLET, PARACETAMOL, "500")]
    await write(row, *parts, listing("essentials", product_key=TABLET))
    assert await derive(connection) == 1
    assert await asked(row) == ([CAFFEINE, PARACETAMOL], ["essentials"])


async def test_a_product_has_its_own_conditions(connection, write, asked):
    row = product(TABLET)
    await write(row, ingredient(TABLET, PARACETAMOL, "500"))
    await derive(connection)
    assert await asked(row) == ([PARACETAMOL], [])


async def test_a_price_by_generic_code_has_the_conditions_of_the_generic_medicine(
    connection, write, asked
):
    row = about("PriceCeiling", POWDER)
    await write(row, generic(POWDER), ingredient(POWDER, PARACETAMOL, "500"))
    await derive(connection)
    assert await asked(row) == ([PARACETAMOL], [])


async def test_a_price_of_a_product_and_a_generic_medicine_has_the_conditions_of_both(
    connection, write, asked
):
    row = about("PriceCeiling", TABLET, generic_key=POWDER)
    await write(row, ingredient(TABLET, PARACETAMOL, "1"), ingredient(POWDER, CAFFEINE, "1"))
    await derive(connection)
    assert await asked(row) == ([CAFFEINE, PARACETAMOL], [])


async def test_a_list_of_substances_names_every_record_with_one_of_them(connection, write, asked):
    row = about("SupplyNotice", TABLET)
    lists = [
        listing("union", number="1", substance_key=PARACETAMOL),
        listing("union", number="2", substance_key=CAFFEINE),
        listing("reserve", number="3", product_key=TABLET),
        listing("other", number="4", product_key="KR.Product.2"),
    ]
    parts = [ingredient(TABLET, substance, "1") for substance in (PARACETAMOL, CAFFEINE)]
    await write(row, *parts, *lists)
    await derive(connection)
    assert await asked(row) == ([CAFFEINE, PARACETAMOL], ["reserve", "union"])


@pytest.mark.parametrize(
    "change",
    [
        {"listing": "NO_LONGER_LISTED"},
        {"superseded_at": NOW},
        {"role": "EXCIPIENT"},
        {"role": "UNMAPPED"},
        {"substance_key": None},
    ],
)
async def test_only_listed_current_known_active_ingredients_count(connection, write, asked, change):
    row = about("SupplyNotice", TABLET)
    await write(row, ingredient(TABLET, PARACETAMOL, "500") | change)
    assert await derive(connection) == 0
    assert await asked(row) == ([], [])


@pytest.mark.parametrize("change", [{"listing": "NO_LONGER_LISTED"}, {"superseded_at": NOW}])
async def test_only_listed_current_listings_count(connection, write, asked, change):
    row = about("SupplyNotice", TABLET)
    await write(row, listing("gone", product_key=TABLET) | change)
    await derive(connection)
    assert await asked(row) == ([], [])


async def test_another_member_s_records_say_nothing_of_a_record(connection, write, asked):
    row = about("SupplyNotice", TABLET)
    own = ingredient(TABLET, PARACETAMOL, "500")
    foreign = ingredient(TABLET, CAFFEINE, "65") | {"key": "EU.Ingredient.1", "origin": "EU"}
    await write(
        row,
        own,
        foreign,
        listing("theirs", origin="EU", number="1", substance_key=PARACETAMOL),
        listing("theirs", origin="EU", number="2", product_key=TABLET),
    )
    await derive(connection)
    await derive(connection, origin="EU")
    await derive(connection, origin="EU", is_whole=False)
    assert await asked(row) == ([PARACETAMOL], [])


async def test_another_member_s_records_stay_as_they_are(connection, write, asked):
    row = about("SupplyNotice", TABLET)
    await write(row, ingredient(TABLET, PARACETAMOL, "500"))
    assert await derive(connection, origin="US") == 0
    assert await asked(row) == ([], [])


@pytest.mark.parametrize("recorded_at", [THEN, NOW])
async def test_a_version_is_completed_in_place_and_nothing_else_of_it_changes(
    connection, write, recorded_at
):
    row = about("SupplyNotice", TABLET, recorded_at)
    await write(row, ingredient(TABLET, PARACETAMOL, "500"))
    [before] = await versions(connection, "SupplyNotice", row["key"])
    assert await derive(connection) == 1
    assert await versions(connection, "SupplyNotice", row["key"]) == [
        before | {"substances": [PARACETAMOL]}
    ]


async def test_a_closed_version_keeps_what_was_known_while_it_was_current(connection, write):
    old = about("SupplyNotice", TABLET, THEN, superseded_at=NOW, substances=[CAFFEINE])
    new = about("SupplyNotice", TABLET, NOW)
    await write(old, new, ingredient(TABLET, PARACETAMOL, "500"))
    await derive(connection)
    found = await versions(connection, "SupplyNotice", new["key"])
    assert [version["substances"] for version in found] == [[CAFFEINE], [PARACETAMOL]]


async def test_a_second_run_changes_nothing(connection, write):
    await write(about("SupplyNotice", TABLET), ingredient(TABLET, PARACETAMOL, "500"))
    assert await derive(connection) == 1
    assert await derive(connection) == 0


@pytest.mark.parametrize(
    ("recorded_at", "changed"),
    [((NOW, THEN, THEN), 1), ((THEN, NOW, THEN), 1), ((THEN, THEN, NOW), 1), ((THEN,) * 3, 0)],
)
@pytest.mark.parametrize("link", [{"product_key": TABLET}, {"substance_key": PARACETAMOL}])
async def test_under_the_same_rule_only_what_a_publication_touched_is_worked_out(
    connection, write, recorded_at, changed, link
):
    notice_at, ingredient_at, listing_at = recorded_at
    await write(
        about("SupplyNotice", TABLET, notice_at),
        ingredient(TABLET, PARACETAMOL, "500") | {"recorded_at": ingredient_at},
        listing("essentials", listing_at, **link),
    )
    assert await derive(connection, is_whole=False) == changed


async def test_a_new_version_keeps_its_conditions_until_they_are_derived_anew(connection):
    publisher = lists.Publisher(connection)
    await publisher.publish(lists.NOTICES, lists.row("1"))
    await connection.execute("UPDATE supply_notice SET substances = %s", [[CAFFEINE]])
    await publisher.publish(lists.NOTICES, lists.row("1", reason="another"))
    await publisher.publish(lists.NOTICES)
    found = await publisher.versions("supply_notice")
    assert [version["substances"] for version in found] == [[CAFFEINE]] * 3


ENDED = {"recorded_at": THEN, "superseded_at": NOW}


async def test_an_ingredient_that_ended_takes_its_substance_and_its_lists_away(
    connection, write, asked
):
    row = about("SupplyNotice", TABLET, THEN, substances=[PARACETAMOL], essential_lists=["union"])
    gone = ingredient(TABLET, PARACETAMOL, "500") | ENDED
    await write(row, gone, listing("union", THEN, substance_key=PARACETAMOL))
    await derive(connection, is_whole=False)
    assert await asked(row) == ([], [])


@pytest.mark.parametrize("link", [{"product_key": TABLET}, {"substance_key": PARACETAMOL}])
async def test_a_listing_that_ended_takes_its_list_away(connection, write, asked, link):
    row = about("SupplyNotice", TABLET, THEN, substances=[PARACETAMOL], essential_lists=["union"])
    part = ingredient(TABLET, PARACETAMOL, "500") | {"recorded_at": THEN}
    await write(row, part, listing("union", THEN, **link) | ENDED)
    await derive(connection, is_whole=False)
    assert await asked(row) == ([PARACETAMOL], [])


async def test_a_publication_of_other_records_derives_nothing(connection, write):
    row = about("SupplyNotice", TABLET)
    await write(row, ingredient(TABLET, PARACETAMOL, "500"))
    assert await derive(connection, {"Organization", "QualityAlert"}, is_whole=False) == 0
    assert await derive(connection, {"SupplyNotice"}, is_whole=False) == 1


_MEDICINES = st.sampled_from([TABLET, "KR.Product.2", POWDER, "KR.GenericMedicine.3"])
_SUBSTANCES = st.sampled_from([PARACETAMOL, CAFFEINE, None])
_WHEN = st.sampled_from(["before", "now", "ended now", "replaced now"])
_RECORDS = st.lists(
    st.tuples(st.sampled_from(sorted(CONTENTS)), st.none() | _MEDICINES, _WHEN), max_size=4
)
_PARTS = st.lists(st.tuples(_MEDICINES, _SUBSTANCES, _WHEN), max_size=6)
_LISTINGS = st.lists(
    st.tuples(st.sampled_from(["union", "reserve"]), _MEDICINES | _SUBSTANCES, _WHEN), max_size=4
)


def _at(row, when):
    """Give the versions of a row that was recorded, or ended, at a time."""
    if when == "now":
        return [row]
    old = row | {"recorded_at": THEN, "first_recorded_at": THEN}
    if when == "before":
        return [old]
    ended = old | {"superseded_at": NOW}
    return [ended] if when == "ended now" else [ended, row | {"change_seq": 10**6}]


def _before(rows):
    """Give the rows as they stood before the publication of `NOW`."""
    return [row | {"superseded_at": None} for row in rows if row["recorded_at"] == THEN]


def _linked(name, medicine):
    if name != "PriceCeiling" and medicine and "Generic" in medicine:
        medicine = None
    return medicine


def _drawn(records, parts, listings):
    rows = [row for key in (TABLET, "KR.Product.2") for row in _at(product(key), "before")]
    for number, (name, medicine, when) in enumerate(records):
        rows += _at(about(name, _linked(name, medicine), number=str(number)), when)
    for medicine, substance, when in parts:
        rows += _at(ingredient(medicine, substance, "1"), when)
    for number, (name, key, when) in enumerate(listings):
        if key and "Generic" not in key:
            link = "substance_key" if "Substance" in key else "product_key"
            rows += _at(listing(name, number=str(number), **{link: key}), when)
    return rows


async def _conditions(connection):
    found = {}
    for name in CONDITIONED:
        cursor = await connection.execute(
            SQL(
                "SELECT key, substances, essential_lists FROM {} WHERE superseded_at IS NULL"
            ).format(Identifier(RECORD_TYPES[name].table))
        )
        found |= {key: rest for key, *rest in await cursor.fetchall()}
    return found


async def _replace(connection, write, rows):
    for name in CONDITIONED | SOURCES:
        table = Identifier(RECORD_TYPES[name].table)
        await connection.execute(SQL("DELETE FROM {}").format(table))
    await write(*rows)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_RECORDS, _PARTS, _LISTINGS)
async def test_one_publication_after_another_comes_to_the_same_as_all_at_once(
    connection, write, records, parts, listings
):
    rows = _drawn(records, parts, listings)
    await _replace(connection, write, _before(rows))
    await derive(connection, at=THEN)
    known = await _conditions(connection)
    carried = [
        row | dict(zip(("substances", "essential_lists"), known[row["key"]], strict=True))
        if row["key"] in known
        else row
        for row in rows
    ]
    await _replace(connection, write, carried)
    await derive(connection, is_whole=False)
    step_by_step = await _conditions(connection)
    await _replace(connection, write, rows)
    await derive(connection, at=NOW + timedelta(seconds=1))
    assert step_by_step == await _conditions(connection)


@pytest.mark.parametrize("condition", ["substances", "essential_lists"])
async def test_a_null_can_t_be_stored_in_a_condition(connection, write, condition):
    with pytest.raises(CheckViolation, match=condition):
        await write(about("SupplyNotice", TABLET, **{condition: [None]}))


@pytest.mark.parametrize("name", sorted(CONDITIONED))
def test_agreements_may_ask_conditions_as_sets(name):
    attributes = ALLIANCE.resources[name].attributes
    assert attributes["substances"].cedar_type is CedarType.STRINGS
    assert attributes["essentialLists"].sql == '{row}."essential_lists"'


def test_nothing_of_a_condition_is_in_the_schema_that_callers_see():
    schema = build_schema()
    types = schema._schema.type_map
    for name in CONDITIONED:
        record_type = RECORD_TYPES[name]
        assert "essential_lists" not in record_type.fields
        assert "substances" not in record_type.fields
        assert not {"substances", "essentialLists"} & types[name].fields.keys()
    assert "essentialLists" not in schema.as_str()
    assert "ESSENTIAL_LISTS" not in schema.as_str()
