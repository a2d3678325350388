import json
from dataclasses import dataclass, replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import DeclarationFault, SourceChanged
from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import (
    Mapping,
    Repeats,
    SubstanceText,
    always,
    key_of,
    term,
    texts,
)
from federation.harmonize.run import harmonize, with_digests
from federation.reading.contacts import REMOVED
from federation.reading.native import NativeTable, RejectedRow, number
from federation.records.declaration import Origin
from federation.records.essential_listing import EssentialListing
from federation.records.organization import Organization
from federation.records.product import Ingredient, Product
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    LegalEffect,
    OrganizationKind,
    Species,
)

STATUS = Crosswalk(
    "eu.test.status", AuthorisationStatus, 1, {"active": AuthorisationStatus.AUTHORISED}
)

PRODUCT = Mapping(
    Product,
    scheme="number",
    national_id=pl.col("no"),
    values={
        "name": pl.col("name"),
        "species": always(Species.HUMAN),
        "authorisation_status": term(pl.col("status"), STATUS),
        "authorised_on": day(pl.col("date"), "%d/%m/%Y"),
        "atc_codes": texts(pl.col("atc"), ";"),
        "holder_key": key_of(Origin.EU, "Organization", pl.col("holder")),
    },
    refuse={"BAD_NUMBER": ~pl.col("no").str.contains(r"^\w+$")},
    conflicts={"OLD": pl.col("date").str.contains("19")},
)

HOLDER = Mapping(
    Organization,
    scheme="name",
    national_id=pl.col("holder"),
    where=pl.col("holder").is_not_null(),
    values={
        "name": pl.col("holder"),
        "kind": always(OrganizationKind.MANUFACTURER),
        "country": pl.col("land"),
    },
    repeats=Repeats.FIRST,
    is_mention=True,
)

INGREDIENT = Mapping(
    Ingredient,
    scheme="number/position",
    national_id=pl.format("{}/{}", pl.col("no"), pl.col("parts")),
    explode=("parts",),
    values={
        "product_key": key_of(Origin.EU, "Product", pl.col("no")),
        "position": pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("_row"),
        "role": always(IngredientRole.ACTIVE),
        "native_text": pl.col("parts"),
    },
    substance=SubstanceText(pl.col("parts")),
)


def unread(_documents):
    raise NotImplementedError


def feed(primary=PRODUCT, *others, **changes):
    source = WholeFile("https://agency.example", "/list")
    return Feed("eu.test", Origin.EU, "Test", source, unread, primary, others, **changes)


@dataclass(frozen=True)
class Answer:
    inn: str | None = None
    unii: str | None = None
    method: str = "none"
    confidence: float = 0.0


class OnlyAspirin:
    """Knows one substance."""

    def resolve_single(self, text, _origin, _unii=()):
        return Answer("aspirin", "R16CO5Y76E", "exact", 0.98) if text == "aspirin" else Answer()

    def resolve_atc(self, code):
        return Answer("aspirin", "R16CO5Y76E", "atc", 0.85) if code == "N02BA01" else Answer()


ROW = {
    "no": "1",
    "name": "Aspro",
    "status": "active",
    "date": "15/07/2025",
    "atc": "A01;B02",
    "holder": "Bayer",
    "land": "DE",
    "parts": ["aspirin", "caffeine"],
}


def run(*rows, of=None, rejected=()):
    schema = {name: pl.List(pl.String) if name == "parts" else pl.String for name in ROW}
    frame = pl.DataFrame([ROW | row for row in rows], schema=schema)
    return harmonize(of or feed(), NativeTable(number(frame), rejected), OnlyAspirin())


def records(harmonized, at=0):
    return with_digests(harmonized.batches[at]).frame.rows(named=True)


def quality(harmonized, name):
    return next(item for item in harmonized.quality if item.field == name)


def test_a_native_row_becomes_a_record_with_its_key_and_its_native_text():
    (record,) = records(run({}))
    assert record["key"] == "EU.Product.1"
    assert (record["national_id"], record["native_row"]) == ("1", 1)
    assert record["name"] == "Aspro"
    assert record["authorisation_status"] == "AUTHORISED"
    assert record["authorised_on"]["earliest"] == date(2025, 7, 15)
    assert record["atc_codes"] == ["A01", "B02"]
    assert record["native"] == ROW


def test_fields_the_mapping_does_not_fill_are_null_or_empty():
    (record,) = records(run({}))
    assert (record["procedure_text"], record["authorisation_ended_on"]) == (None, None)
    assert record["route_texts"] == []


def test_content_says_what_the_record_says_and_nothing_of_where_it_stood():
    first, second, other = records(run({"no": "1"}, {"no": "2"}, {"no": "3", "name": "A"}))
    assert first["content_digest"] == second["content_digest"]
    assert first["content_digest"] != other["content_digest"]


def test_an_empty_list_of_rows_gives_empty_batches():
    harmonized = run(of=feed(PRODUCT, HOLDER, INGREDIENT))
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (0, 0, 0)
    assert [batch.frame.height for batch in harmonized.batches] == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"no": None}, "NO_IDENTITY"),
        ({"no": "a b"}, "BAD_NUMBER"),
        ({"name": None}, "MISSING_NAME"),
        ({"status": None}, "MISSING_AUTHORISATION_STATUS"),
        ({"no": None, "name": None}, "NO_IDENTITY"),
    ],
)
def test_a_row_that_can_not_become_a_record_is_quarantined_with_its_text(change, reason):
    harmonized = run({"no": "9"}, change)
    (row,) = harmonized.quarantined.rows(named=True)
    assert (row["native_row"], row["reason"]) == (2, reason)
    assert json.loads(row["native"]) == ROW | change
    assert harmonized.records == 1


def test_an_empty_text_is_no_identity_and_no_name():
    empty = pl.col("name").str.replace(".*", "")
    nameless = replace(PRODUCT, values=PRODUCT.values | {"name": empty})
    assert run({}, of=feed(nameless)).quarantined["reason"].to_list() == ["MISSING_NAME"]
    unnumbered = replace(PRODUCT, national_id=empty, refuse={})
    assert run({}, of=feed(unnumbered)).quarantined["reason"].to_list() == ["NO_IDENTITY"]


def test_a_row_the_reader_rejected_is_quarantined_in_its_place():
    harmonized = run({}, {"no": None}, rejected=(RejectedRow(1, "MALFORMED_ROW", "a|b"),))
    assert harmonized.rows == 3
    first, second = harmonized.quarantined.rows(named=True)
    assert (first["native_row"], first["reason"]) == (1, "MALFORMED_ROW")
    assert json.loads(first["native"]) == {"text": "a|b"}
    assert second["reason"] == "NO_IDENTITY"


def test_a_conflict_is_reported_and_its_record_kept():
    harmonized = run({"date": "01/01/1999"})
    (finding,) = harmonized.findings.rows(named=True)
    assert (finding["native_row"], finding["record_type"], finding["code"]) == (1, "Product", "OLD")
    assert harmonized.records == 1


def test_rows_that_say_the_same_are_one_record():
    harmonized = run({}, {"no": "2"}, {})
    assert (harmonized.records, harmonized.merged) == (2, 1)
    assert [record["native_row"] for record in records(harmonized)] == [1, 2]


def repeating(repeats, *names):
    return run(*({"name": name} for name in names), of=feed(replace(PRODUCT, repeats=repeats)))


def test_a_later_row_with_a_taken_identity_is_quarantined():
    harmonized = repeating(Repeats.REFUSE, "a", "b", "a")
    assert [record["name"] for record in records(harmonized)] == ["a"]
    assert harmonized.quarantined.select("native_row", "reason").rows() == [(2, "IDENTITY_TAKEN")]
    assert (harmonized.records, harmonized.merged) == (1, 1)


def test_the_first_of_several_rows_speaks():
    harmonized = repeating(Repeats.FIRST, "b", "a", "c")
    assert [record["name"] for record in records(harmonized)] == ["b"]
    assert (harmonized.records, harmonized.merged) == (1, 2)


@pytest.mark.parametrize("names", [("b", "a", "c", "a"), ("c", "a", "a", "b")])
def test_rows_without_an_identity_of_their_own_are_numbered_alike_in_any_order(names):
    harmonized = repeating(Repeats.NUMBER, *names)
    keys = {record["name"]: record["key"] for record in records(harmonized)}
    assert keys == {"a": "EU.Product.1", "b": "EU.Product.1#2", "c": "EU.Product.1#3"}
    assert (harmonized.records, harmonized.merged) == (3, 1)


def test_a_holder_is_one_record_however_many_rows_name_it():
    harmonized = run({}, {"no": "2"}, {"no": "3", "holder": None}, of=feed(PRODUCT, HOLDER))
    assert [record["key"] for record in records(harmonized, 1)] == ["EU.Organization.Bayer"]
    assert harmonized.findings.height == 0


def test_a_record_that_comes_along_never_costs_its_row():
    harmonized = run({"land": None}, of=feed(PRODUCT, replace(HOLDER, national_id=pl.col("land"))))
    assert (harmonized.records, harmonized.quarantined.height) == (1, 0)
    assert harmonized.findings.select("record_type", "code").rows() == [
        ("Organization", "NO_IDENTITY")
    ]


def test_a_list_becomes_a_record_each_and_an_empty_one_none():
    harmonized = run({}, {"no": "2", "parts": []}, of=feed(PRODUCT, INGREDIENT))
    assert [
        (record["key"], record["position"], record["native_text"])
        for record in records(harmonized, 1)
    ] == [
        ("EU.Ingredient.1/aspirin", 1, "aspirin"),
        ("EU.Ingredient.1/caffeine", 2, "caffeine"),
    ]


def test_an_ingredient_carries_how_its_substance_was_found():
    known, unknown = records(run({}, of=feed(PRODUCT, INGREDIENT)), 1)
    assert known["substance_key"].startswith("ALLIANCE.Substance.")
    assert (known["resolution_method"], known["resolution_confidence"]) == ("EXACT", "0.980")
    assert (unknown["substance_key"], unknown["resolution_method"]) == (None, "NONE")


LISTING = Mapping(
    EssentialListing,
    scheme="number",
    national_id=pl.col("no"),
    values={"list_name": always("A list"), "legal_effect": always(LegalEffect.MONITORING)},
    substance=SubstanceText(pl.col("name"), atc=pl.col("atc")),
)


@pytest.mark.parametrize(
    ("name", "atc", "inn"),
    [
        ("aspirin", "N02BA01", "aspirin"),
        ("aspirin", None, "aspirin"),
        (None, "N02BA01", "aspirin"),
        ("caffeine", "N02BA01", None),
        (None, "N02BA51", None),
        (None, None, None),
    ],
)
def test_an_atc_code_answers_only_where_there_is_no_text(name, atc, inn):
    (record,) = records(run({"name": name, "atc": atc}, of=feed(LISTING)))
    assert record["substance_key"] == (inn and f"ALLIANCE.Substance.{inn}")
    assert "resolution_method" not in record


def test_what_a_text_is_resolved_to_is_no_content_of_a_listing():
    named, unknown = records(run({"name": "aspirin"}, {"no": "2", "name": "?"}, of=feed(LISTING)))
    assert named["substance_key"] != unknown["substance_key"]
    assert named["content_digest"] == unknown["content_digest"]


def test_a_column_that_is_gone_is_named():
    table = NativeTable(number(pl.DataFrame([ROW]).drop("atc", "status")))
    with pytest.raises(SourceChanged, match=r"columns `atc`, `status` are gone from eu\.test"):
        harmonize(feed(), table, OnlyAspirin())


def test_contacts_reach_no_output():
    harmonized = run(
        {"name": "Aspro a@b.org", "parts": ["call 800-555-0199"]},
        {"no": None, "name": "a@b.org"},
        of=feed(PRODUCT, INGREDIENT),
        rejected=(RejectedRow(3, "MALFORMED_ROW", "a@b.org"),),
    )
    frames = [batch.frame for batch in harmonized.batches]
    written = "".join(
        frame.write_json() for frame in [*frames, harmonized.quarantined, harmonized.findings]
    )
    assert "a@b.org" not in written
    assert "800-555-0199" not in written
    assert REMOVED in written


def test_a_contact_column_is_gone_before_anything_is_mapped():
    (record,) = records(run({}, of=feed(contact_columns=("land",))))
    assert "land" not in record["native"]
    with pytest.raises(SourceChanged, match="`holder`"):
        run({}, of=feed(contact_columns=("holder",)))


def test_a_value_that_was_lost_on_the_way_is_a_defect_of_its_field():
    harmonized = run({}, {"no": "2", "date": "soon"}, {"no": "3", "date": None, "atc": ";"})
    authorised_on = quality(harmonized, "authorised_on")
    assert (authorised_on.rows, authorised_on.filled, authorised_on.defects) == (3, 1, 1)
    assert authorised_on.native_columns == ("date",)
    assert quality(harmonized, "atc_codes").defects == 1


def test_a_term_without_a_common_one_is_counted_and_is_no_defect():
    status = quality(run({}, {"no": "2", "status": "asleep"}), "authorisation_status")
    assert (status.filled, status.defects, status.unmapped) == (2, 0, 1)


def test_a_fact_of_the_feed_has_no_columns_and_no_defects():
    species = quality(run({}, {"no": "2"}), "species")
    assert (species.native_columns, species.filled, species.defects) == ((), 2, 0)


def test_a_primary_mapping_that_leaves_rows_out_is_refused():
    with pytest.raises(DeclarationFault, match="must take every native row"):
        feed(replace(PRODUCT, where=pl.col("no") == "1"))


def test_two_mappings_to_one_record_type_make_one_batch_and_one_figure():
    maker = replace(
        HOLDER, national_id=pl.col("name"), values=HOLDER.values | {"name": pl.col("name")}
    )
    both = run({}, {"no": "2", "name": "Bayer"}, of=feed(PRODUCT, HOLDER, maker))
    assert [batch.mapping.record_type.name for batch in both.batches] == ["Product", "Organization"]
    assert [record["national_id"] for record in records(both, 1)] == ["Bayer", "Aspro"]
    assert [(item.rows, item.filled) for item in both.quality if item.field == "kind"] == [(4, 4)]


def test_mappings_to_one_record_type_that_contradict_are_refused():
    with pytest.raises(DeclarationFault, match="must share scheme"):
        feed(PRODUCT, HOLDER, replace(HOLDER, is_mention=False))


NATIVE = st.fixed_dictionaries(
    {
        "no": st.sampled_from(["1", "2", "3", "a b", None]),
        "name": st.sampled_from(["a", "b", None]),
        "status": st.sampled_from(["active", "asleep", None]),
    }
)


@given(st.lists(NATIVE, max_size=12), st.integers(0, 3), st.sampled_from(Repeats))
def test_every_row_is_a_record_or_merged_or_in_quarantine(rows, broken, repeats):
    rejected = tuple(RejectedRow(row, "MALFORMED_ROW", "x") for row in range(1, broken + 1))
    harmonized = run(*rows, of=feed(replace(PRODUCT, repeats=repeats)), rejected=rejected)
    kept = harmonized.batches[0].frame
    assert harmonized.rows == len(rows) + broken
    assert harmonized.rows == (
        harmonized.records + harmonized.merged + harmonized.quarantined.height
    )
    assert kept["key"].is_unique().all()
    assert kept.height == harmonized.records
