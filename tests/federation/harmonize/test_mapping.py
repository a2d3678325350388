from dataclasses import replace
from enum import auto

import polars as pl
import pytest

from federation.errors import DeclarationFault
from federation.harmonize.mapping import (
    Mapping,
    SubstanceText,
    always,
    dose_form,
    key_of,
    routes,
    term,
    terms,
    texts,
)
from federation.reading.native import ROW
from federation.records.declaration import Origin
from federation.records.essential_listing import EssentialListing
from federation.records.organization import Organization
from federation.records.product import Ingredient
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.dose_forms import DoseForm, Route
from federation.vocabularies.terms import IngredientRole, LegalEffect, OrganizationKind
from federation.vocabularies.vocabulary import Vocabulary


class Colour(Vocabulary):
    RED = auto()
    UNMAPPED = auto()


def organisation(**changes):
    values = {
        "name": pl.col("Firm"),
        "kind": always(OrganizationKind.MANUFACTURER),
    }
    return Mapping(Organization, "firm number", pl.col("No"), values | changes)


def test_a_field_the_record_does_not_have_is_refused():
    with pytest.raises(DeclarationFault, match=r"`Organization` has no fields \['nmae'\]"):
        organisation(nmae=pl.col("Firm"))


def test_a_field_that_must_be_there_and_is_not_is_refused():
    with pytest.raises(DeclarationFault, match=r"a mapping to `Organization` lacks \['kind'\]"):
        Mapping(Organization, "firm number", pl.col("No"), {"name": pl.col("Firm")})


def ingredient(substance=None):
    values = {
        "product_key": pl.col("Product"),
        "position": pl.lit(1),
        "role": always(IngredientRole.ACTIVE),
        "native_text": pl.col("Drug"),
    }
    return Mapping(Ingredient, "x", pl.col("No"), values, substance=substance)


def test_the_resolved_fields_are_needed_only_where_nothing_is_resolved():
    with pytest.raises(DeclarationFault, match="resolution_method"):
        ingredient()
    assert ingredient(SubstanceText(pl.col("Drug"))).substance is not None


def listing(substance):
    values = {"list_name": always("A list"), "legal_effect": always(LegalEffect.MONITORING)}
    return Mapping(EssentialListing, "x", pl.col("No"), values, substance=substance)


def test_of_what_is_resolved_a_record_has_the_fields_its_type_declares():
    mapping = listing(SubstanceText(pl.col("Drug"), atc=pl.col("ATC")))
    assert mapping.resolved_fields == {"substance_key"}
    assert mapping.lineage().keys() - mapping.values.keys() == {"national_id", "substance_key"}
    assert mapping.lineage()["substance_key"] == ("Drug", "ATC")
    assert mapping.native_columns == {"No", "Drug", "ATC"}


def test_a_record_without_a_substance_resolves_none():
    with pytest.raises(DeclarationFault, match="`Organization` has no `substance_key`"):
        replace(organisation(), substance=SubstanceText(pl.col("Firm")))


def test_an_ingredient_is_never_resolved_by_its_atc_code():
    with pytest.raises(DeclarationFault, match="`Ingredient` is resolved by its text"):
        ingredient(SubstanceText(pl.col("Drug"), atc=pl.col("ATC")))


def test_the_native_columns_are_those_of_every_expression():
    mapping = Mapping(
        Organization,
        "firm number",
        pl.concat_str("No", "Branch"),
        {"name": pl.col("Firm").fill_null(pl.col("Brand")), "kind": always("LABELER")},
        where=pl.col("Type") == "F",
        refuse={"CLOSED": pl.col("Closed").is_not_null()},
        conflicts={"TWO_NAMES": pl.col("Brand") != pl.col(ROW).cast(pl.String)},
    )
    assert mapping.native_columns == {"No", "Branch", "Firm", "Brand", "Type", "Closed"}


def test_the_columns_of_the_substance_and_its_codes_are_native_columns_too():
    mapping = ingredient(SubstanceText(pl.col("Substance"), pl.col("UNII")))
    assert {"Substance", "UNII"} <= mapping.native_columns


def test_lineage_names_the_columns_behind_each_field_and_never_the_row_number():
    mapping = organisation(
        name=pl.when(pl.col("Firm") == "").then(pl.col("Brand")).otherwise(pl.col("Firm")),
        country=pl.col("Land").first().over(ROW),
    )
    assert {field: set(columns) for field, columns in mapping.lineage().items()} == {
        "national_id": {"No"},
        "name": {"Firm", "Brand"},
        "kind": set(),
        "country": {"Land"},
    }


def test_lineage_of_a_resolved_substance_is_that_of_its_text():
    lineage = ingredient(SubstanceText(pl.col("Substance"))).lineage()
    assert lineage["substance_key"] == lineage["resolution_method"] == ("Substance",)


@pytest.mark.parametrize(
    ("native", "common"),
    [
        ("Rouge", "RED"),
        (" ROUGE\u00a0", "RED"),
        ("STRASSE", "UNMAPPED"),
        ("Straße", "RED"),
        ("bleu", "UNMAPPED"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_term_is_translated_whatever_its_case_and_blanks(native, common):
    crosswalk = Crosswalk("xx.colour", Colour, 1, {"rouge": Colour.RED, "Straße": Colour.RED})
    text = pl.lit(native, dtype=pl.String)
    assert pl.select(term(text, crosswalk)).item() == common


FORMS = Crosswalk(
    "xx.dose_form",
    DoseForm,
    1,
    {"cream": DoseForm.CREAM, "cream;vaginal": DoseForm.VAGINAL_CREAM},
)
ROUTES = Crosswalk(
    "xx.route",
    Route,
    1,
    {"im-iv": (Route.INTRAMUSCULAR, Route.INTRAVENOUS), "iv": Route.INTRAVENOUS},
)


def listed(*values):
    return pl.lit(list(values), dtype=pl.List(pl.String))


@pytest.mark.parametrize(
    ("native", "common"),
    [
        (["IM-IV", "iv"], ["INTRAMUSCULAR", "INTRAVENOUS"]),
        (["iv", "spoon", None], ["INTRAVENOUS", "UNMAPPED"]),
        ([], None),
    ],
)
def test_a_list_of_terms_becomes_each_common_one_once(native, common):
    found = pl.select(terms(listed(*native), ROUTES)).item()
    assert (found if found is None else found.to_list()) == common


@pytest.mark.parametrize(
    ("form", "stated", "common"),
    [
        ("Cream", ["vaginal"], "VAGINAL_CREAM"),
        ("Cream", ["topical"], "CREAM"),
        ("Cream", ["topical", "vaginal"], "CREAM"),
        ("Cream", [], "CREAM"),
        ("Cheese", ["vaginal"], "UNMAPPED"),
        (None, [], None),
    ],
)
def test_a_dose_form_is_told_apart_by_its_only_route(form, stated, common):
    text = pl.lit(form, dtype=pl.String)
    assert pl.select(dose_form(text, listed(*stated), FORMS)).item() == common


def test_a_route_without_a_form_is_no_form():
    text = pl.lit(None, dtype=pl.String)
    assert pl.select(dose_form(text, listed("vaginal"), FORMS)).item() is None


@pytest.mark.parametrize(
    ("form", "stated", "common"),
    [
        ("TABLET", ["iv"], ["INTRAVENOUS"]),
        ("TABLET", ["spoon"], ["UNMAPPED"]),
        ("TABLET", [], ["ORAL"]),
        ("SOLUTION", [], None),
        ("UNMAPPED", [], None),
        (None, [], None),
    ],
)
def test_routes_are_those_stated_else_those_the_form_implies(form, stated, common):
    text = pl.lit(form, dtype=pl.String)
    found = pl.select(routes(text, terms(listed(*stated), ROUTES))).item()
    assert (found if found is None else found.to_list()) == common


def test_a_key_is_made_of_origin_record_and_identifier():
    assert pl.select(key_of(Origin.EU, "Product", pl.lit("6"))).item() == "EU.Product.6"


def test_without_an_identifier_there_is_no_key():
    assert pl.select(key_of(Origin.EU, "Product", pl.lit(None, dtype=pl.String))).item() is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a; b ;;c", ["a", "b", "c"]), ("a, b", ["a, b"]), (" ; ", []), ("", []), (None, [])],
)
def test_a_text_is_split_into_trimmed_parts_that_say_something(text, parts):
    assert pl.select(texts(pl.lit(text, dtype=pl.String), ";")).item().to_list() == parts
