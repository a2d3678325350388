"""What counts as given back and what as lost, rule by rule, on small made feeds."""

import polars as pl
import pytest

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, always, texts
from federation.harmonize.round_trip import losses
from federation.reading.native import NativeTable, number
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.price_ceiling import PriceCeiling
from federation.records.product import Package, Product
from federation.sources.files import WholeFile
from federation.vocabularies.terms import (
    AmountStatus,
    AuthorisationStatus,
    OrganizationKind,
    PriceKind,
    Species,
)

ID = pl.col("id")
SAID = pl.col("said")


def product(values, **rules):
    known = {
        "name": always("a medicine"),
        "species": always(Species.HUMAN),
        "authorisation_status": always(AuthorisationStatus.NOT_STATED),
    }
    return Mapping(Product, "made", ID, known | values, **rules)


def feed(primary, *others, **facts):
    return Feed(
        id="kr.made",
        member=Origin.KR,
        title="made",
        source=WholeFile("https://example.org", "/list"),
        read=lambda _: pytest.fail("read"),
        primary=primary,
        others=others,
        **facts,
    )


def native(said, ids=None, **columns):
    ids = ids or [f"id-{at}" for at in range(len(said))]
    return NativeTable(number(pl.DataFrame({"id": ids, "said": said, **columns})))


def lost(said, expression, field="category_text"):
    """Give the share of `said` that a product's field made of it loses."""
    return losses(feed(product({field: expression})), native(said)).get("said", 0)


def test_the_very_text_is_given_back_whatever_blanks_are_about_it():
    assert lost(["one ", " two"], SAID.str.strip_chars()) == 0


def test_a_column_that_no_field_is_made_of_is_lost():
    assert lost(["one", "two"], always("one")) == 1


def test_a_blank_states_nothing_that_could_be_lost():
    assert lost([None, " "], always("nothing")) == 0


@pytest.mark.parametrize(
    "expression",
    [
        SAID.str.head(6),
        SAID.str.to_uppercase(),
        SAID.str.replace_all(r"\s+", " "),
        SAID.str.strip_prefix("coated "),
    ],
)
def test_a_text_that_was_cut_or_rewritten_is_lost(expression):
    assert lost(["coated  tablet"], expression) == 1


def test_a_value_dropped_on_some_rows_is_lost_on_those():
    dropped = pl.when(SAID != "four").then(SAID)
    assert lost(["one", "two", "three", "four"], dropped) == 0.25


def test_a_part_of_a_joined_text_or_of_a_key_is_given_back():
    assert lost(["tablet"], pl.format("form: {}; more", SAID)) == 0
    assert lost(["12345"], pl.format("KR.Organization.{}", SAID), "holder_key") == 0


@pytest.mark.parametrize(
    ("said", "value", "share"),
    [("10", "10mg", 0), ("mg", "10mg", 0), ("1", "10mg", 1), ("g", "10mg", 1), ("5", "1.5mg", 1)],
)
def test_a_short_text_is_a_part_only_where_none_of_its_kind_touch_it(said, value, share):
    assert lost([said], pl.when(SAID.is_not_null()).then(pl.lit(value))) == share


def test_the_parts_of_a_list_give_back_the_text_they_were_split_of():
    assert lost(["oral; rectal", "nasal"], texts(SAID, ";"), "route_texts") == 0


def test_a_list_that_leaves_a_part_out_loses_the_text():
    only_first = texts(SAID, ";").list.head(1)
    assert lost(["oral; rectal", "nasal"], only_first, "route_texts") == 0.5


def test_a_joined_list_gives_its_parts_back():
    assert lost([["one", "two "], ["three"]], SAID.list.join(" / ")) == 0
    assert lost([["one", "two"], ["three"]], SAID.list.first()) == 0.5


def test_the_words_of_a_date_are_given_back_even_where_they_are_no_date():
    assert lost(["2026-03-01", "soon"], day(SAID, "%Y-%m-%d"), "authorised_on") == 0


def test_a_date_in_other_words_is_lost():
    other_words = day(SAID.str.replace_all("-", ""), "%Y%m%d")
    assert lost(["2026-03-01"], other_words, "authorised_on") == 1


def test_a_word_with_a_term_of_its_own_is_given_back():
    terms = {"on": "MARKETED", "off": "NOT_MARKETED"}
    assert lost(["on", "off", "on"], SAID.replace_strict(terms), "marketing_status") == 0


def test_words_that_share_a_term_are_lost_and_others_are_not():
    terms = {"on": "MARKETED", "sold": "MARKETED", "off": "NOT_MARKETED"}
    share = lost(["on", "sold", "off", "off"], SAID.replace_strict(terms), "marketing_status")
    assert share == 0.5


def test_the_term_for_what_is_not_known_tells_no_word():
    terms = {"on": "MARKETED", "odd": "UNMAPPED"}
    assert lost(["on", "odd"], SAID.replace_strict(terms), "marketing_status") == 0.5
    odd = pl.concat_list(SAID.replace_strict({"by mouth": "ORAL_USE", "odd": "UNMAPPED"}))
    assert lost(["by mouth", "odd"], odd, "routes") == 0.5


def price(amount):
    values = {
        "title": ID,
        "kind": always(PriceKind.CEILING),
        "amount": amount,
        "amount_status": always(AmountStatus.STATED),
        "currency": always("EUR"),
    }
    return feed(Mapping(PriceCeiling, "made", ID, values))


def test_a_number_is_given_back_in_whatever_digits_the_record_has_it():
    rows = native(["1,234.50", "12", "4,417,08", "3,5"])
    same = pl.Series(["1234.5", "12.00", "4417.08", "3.5"])
    assert losses(price(SAID.replace_strict(rows.rows["said"], same)), rows) == {}


def test_a_rounded_number_is_lost():
    assert losses(price(SAID.cast(pl.Decimal(9, 2)).round(0)), native(["1.49", "2.00"])) == {
        "said": 0.5
    }


def company(name, **rules):
    values = {"name": name, "kind": always(OrganizationKind.LABELER)}
    return Mapping(Organization, "made", pl.col("firm"), values, **rules)


def test_what_only_a_later_row_of_a_record_says_is_lost():
    rows = native(["Firm", "FIRM", "Other"], firm=["1", "1", "2"])
    one_record = feed(product({}), company(SAID, repeats=Repeats.FIRST))
    assert losses(one_record, rows)["said"] == pytest.approx(1 / 3)


def test_rows_that_a_mapping_passes_over_are_not_given_back_by_it():
    rows = native(["Firm", "Other"], firm=["1", "2"])
    some = feed(product({}), company(SAID, where=pl.col("firm") == "1"))
    refusing = feed(product({}), company(SAID, refuse={"NO_FIRM": pl.col("firm") == "1"}))
    nameless = feed(product({}), company(SAID.str.replace("x", "x")))
    assert losses(some, rows)["said"] == 0.5
    assert losses(refusing, rows)["said"] == 0.5
    assert losses(nameless, native(["Firm", "Other"], firm=["1", None]))["said"] == 0.5


def test_a_row_that_becomes_no_record_loses_nothing():
    refusing = feed(product({}, refuse={"BAD": SAID == "bad"}))
    assert losses(refusing, native(["bad"])) == {}


def test_several_fields_may_each_give_back_some_rows():
    halves = {
        "name_en": pl.when(SAID == "one").then(SAID),
        "category_text": pl.when(SAID != "one").then(SAID),
    }
    assert losses(feed(product(halves)), native(["one", "two"])) == {}


def package(code):
    return Mapping(
        Package,
        "made",
        pl.format("{}/{}", ID, pl.col("said[]")),
        {"code": code, "code_text": code},
        explode=("said[]",),
    )


def test_a_column_laid_out_as_a_list_is_given_back_part_by_part():
    rows = native(["11111,22222"], **{"said[]": [["11111", "22222"]]})
    assert losses(feed(product({}), package(pl.col("said[]"))), rows) == {}


def test_one_part_that_is_lost_loses_the_list_and_its_column():
    rows = native(["11111,22222"], **{"said[]": [["11111", "22222"]]})
    other = Mapping(
        Package,
        "made",
        ID,
        {"code": pl.col("said[]").replace("22222", "x"), "code_text": ID},
        explode=("said[]",),
    )
    assert losses(feed(product({}), other), rows) == {"said": 1, "said[]": 1}


def test_a_list_that_does_not_hold_all_of_its_column_does_not_give_it_back():
    rows = native(["11111,22222"], **{"said[]": [["11111"]]})
    assert losses(feed(product({}), package(pl.col("said[]"))), rows) == {"said": 1}


def test_personal_contact_data_is_given_back_nowhere():
    told = feed(product({"category_text": SAID}), contact_columns=("telephone",))
    rows = native(["write to a@example.org", "no contact"], telephone=["1", "2"])
    assert losses(told, rows) == {"said": 0.5, "telephone": 1}
