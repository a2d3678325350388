"""Which keys of equal medicines are worked out, and how they are recorded."""

from datetime import timedelta
from decimal import Decimal

import pytest

from federation.harmonize.equivalence import ActiveIngredient, pharmaceutical_product_key
from federation.vocabularies.dose_forms import DoseForm, Route
from hub.store.equivalence import derive_equivalence
from tests.hub.gateway.world import insert
from tests.hub.store.medicines import (
    CAFFEINE,
    NOW,
    PARACETAMOL,
    THEN,
    generic,
    ingredient,
    product,
    versions,
)

TABLET = "KR.Product.1"
KEY_OF_TABLET = pharmaceutical_product_key(
    [ActiveIngredient(PARACETAMOL, Decimal(500), "mg")], DoseForm.TABLET, [Route.ORAL]
)


@pytest.fixture
def given(connection):
    async def write(*medicines, ingredients=()):
        rows = {"Product": [], "GenericMedicine": [], "Ingredient": list(ingredients)}
        for row in medicines:
            rows[row["key"].split(".")[1]].append(row)
        await insert(connection, rows)

    return write


@pytest.fixture
def key_of(connection):
    async def read(key):
        *_, newest = await versions(connection, key.split(".")[1], key)
        return newest["pharmaceutical_product_key"]

    return read


async def test_a_product_of_known_parts_has_the_key_of_the_rule(connection, given, key_of):
    await given(product(TABLET), ingredients=[ingredient(TABLET, PARACETAMOL, "0.5", "g")])
    assert await derive_equivalence(connection, "KR", NOW) == 1
    assert await key_of(TABLET) == KEY_OF_TABLET


async def test_a_generic_medicine_shares_the_key_of_its_product(connection, given, key_of):
    code = "KR.GenericMedicine.1"
    parts = [ingredient(of, PARACETAMOL, "500") for of in (TABLET, code)]
    await given(product(TABLET), generic(code), ingredients=parts)
    assert await derive_equivalence(connection, "KR", NOW) == 2
    assert await key_of(code) == await key_of(TABLET) == KEY_OF_TABLET


@pytest.mark.parametrize(
    "change",
    [
        {"listing": "NO_LONGER_LISTED"},
        {"role": "EXCIPIENT"},
        {"superseded_at": NOW},
    ],
)
async def test_only_listed_current_active_ingredients_count(connection, given, key_of, change):
    parts = [
        ingredient(TABLET, PARACETAMOL, "500"),
        ingredient(TABLET, CAFFEINE, "65") | change,
    ]
    await given(product(TABLET), ingredients=parts)
    await derive_equivalence(connection, "KR", NOW)
    assert await key_of(TABLET) == KEY_OF_TABLET


@pytest.mark.parametrize(
    ("medicine", "part"),
    [
        ({"dose_form": "UNMAPPED"}, {}),
        ({"dose_form": None}, {}),
        ({"routes": []}, {}),
        ({}, {"substance_key": None}),
        ({}, {"strength_value": None}),
        ({}, {"strength_value_high": "600"}),
    ],
)
async def test_a_product_with_something_unknown_loses_its_key(
    connection, given, key_of, medicine, part
):
    old = product(TABLET, pharmaceutical_product_key="old", **medicine)
    await given(old, ingredients=[ingredient(TABLET, PARACETAMOL, "500", **part)])
    assert await derive_equivalence(connection, "KR", NOW) == 1
    assert await key_of(TABLET) is None


async def test_a_record_of_this_publication_is_completed_in_place(connection, given):
    await given(product(TABLET), ingredients=[ingredient(TABLET, PARACETAMOL, "500")])
    [before] = await versions(connection, "Product", TABLET)
    await derive_equivalence(connection, "KR", NOW)
    assert await versions(connection, "Product", TABLET) == [
        before | {"pharmaceutical_product_key": KEY_OF_TABLET}
    ]


async def test_an_older_record_gets_a_new_version(connection, given):
    await given(product(TABLET, THEN), ingredients=[ingredient(TABLET, PARACETAMOL, "500")])
    [before] = await versions(connection, "Product", TABLET)
    await derive_equivalence(connection, "KR", NOW)
    old, new = await versions(connection, "Product", TABLET)
    assert old == before | {"superseded_at": NOW}
    assert new == before | {
        "version_id": new["version_id"],
        "recorded_at": NOW,
        "change_seq": new["change_seq"],
        "pharmaceutical_product_key": KEY_OF_TABLET,
    }
    assert new["version_id"] > old["version_id"]


async def test_a_second_run_changes_nothing(connection, given):
    await given(product(TABLET, THEN), ingredients=[ingredient(TABLET, PARACETAMOL, "500")])
    await derive_equivalence(connection, "KR", NOW)
    after_first = await versions(connection, "Product", TABLET)
    assert await derive_equivalence(connection, "KR", NOW + timedelta(seconds=1)) == 0
    assert await versions(connection, "Product", TABLET) == after_first


async def test_other_members_records_stay_as_they_are(connection, given, key_of):
    await given(product(TABLET), ingredients=[ingredient(TABLET, PARACETAMOL, "500")])
    assert await derive_equivalence(connection, "US", NOW) == 0
    assert await key_of(TABLET) is None


@pytest.mark.parametrize(
    ("product_at", "ingredient_at", "changed"),
    [(THEN, NOW, 1), (NOW, THEN, 1), (THEN, THEN, 0)],
)
async def test_under_the_same_rule_only_what_a_publication_touched_is_worked_out(
    connection, given, product_at, ingredient_at, changed
):
    part = ingredient(TABLET, PARACETAMOL, "500") | {"recorded_at": ingredient_at}
    await given(product(TABLET, product_at), ingredients=[part])
    assert await derive_equivalence(connection, "KR", NOW, is_whole=False) == changed


async def test_an_ingredient_that_ended_takes_its_medicine_s_key_away(connection, given, key_of):
    old = product(TABLET, THEN, pharmaceutical_product_key=KEY_OF_TABLET)
    gone = ingredient(TABLET, PARACETAMOL, "500") | {"recorded_at": THEN, "superseded_at": NOW}
    await given(old, ingredients=[gone])
    await derive_equivalence(connection, "KR", NOW, is_whole=False)
    assert await key_of(TABLET) is None
