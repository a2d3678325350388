"""Dose forms and routes of the real product lists: nine in ten of those stated are mapped."""

import io
import tomllib
import zipfile

import polars as pl
import pytest

from federation.harmonize.run import harmonize
from federation.members.registry import FEEDS
from federation.reading.native import Document
from federation.substances.register import SubstanceRegister
from federation.substances.resolver import Resolver

pytestmark = pytest.mark.real

RESOLVER = Resolver(SubstanceRegister())
ZIPPED = {
    "us.drugsatfda": {
        "Products_": "Products.txt",
        "Applications_": "Applications.txt",
        "MarketingStatus_2": "MarketingStatus.txt",
        "_Lookup": "MarketingStatus_Lookup.txt",
    },
    "us.ndc_unfinished": {
        "_product": "unfinished_product.txt",
        "_package": "unfinished_package.txt",
    },
}
STATES_FORMS = (
    "us.drugsatfda",
    "us.ndc_unfinished",
    "us.openfda_shortages",
    "in.janaushadhi",
    "eu.fr_products",
    "eu.de_shortages",
)
STATES_ROUTES = ("us.drugsatfda", "us.openfda_shortages", "eu.fr_products")


@pytest.fixture(scope="module")
def products(shared_data):
    """Products of a feed's real files, each feed read once."""
    manifest = tomllib.loads((shared_data / "manifest.toml").read_text(encoding="utf-8"))["feeds"]
    found = {}

    def of(feed):
        if feed not in found:
            files = [shared_data / name for name in manifest[feed]]
            native = FEEDS[feed].read(documents(feed, files))
            batches = harmonize(FEEDS[feed], native, RESOLVER).batches
            found[feed] = next(b.frame for b in batches if b.mapping.record_type.name == "Product")
        return found[feed]

    return of


def documents(feed, files):
    if feed not in ZIPPED:
        return [Document(file.name, file.read_bytes()) for file in files]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packing:
        for part, name in ZIPPED[feed].items():
            (file,) = (file for file in files if part in file.name)
            packing.writestr(name, file.read_bytes())
    return [Document(f"{feed}.zip", content.getvalue())]


def share(rows, condition):
    return rows.filter(condition).height / rows.height


@pytest.mark.parametrize("feed", STATES_FORMS)
def test_nine_in_ten_stated_dose_forms_are_mapped(products, feed):
    stated = products(feed).filter(pl.col("dose_form_text").is_not_null())
    assert stated["dose_form"].null_count() == 0
    assert share(stated, pl.col("dose_form") != "UNMAPPED") >= 0.9


@pytest.mark.parametrize("feed", STATES_ROUTES)
def test_nine_in_ten_stated_routes_are_mapped(products, feed):
    stated = products(feed).filter(pl.col("route_texts").list.len() > 0)
    assert stated.filter(pl.col("routes").list.len() == 0).is_empty()
    assert share(stated, ~pl.col("routes").list.contains("UNMAPPED")) >= 0.9


@pytest.mark.parametrize("feed", STATES_FORMS)
def test_nothing_stated_is_nothing_mapped(products, feed):
    silent = products(feed).filter(pl.col("dose_form_text").is_null())
    assert silent["dose_form"].null_count() == silent.height


@pytest.mark.parametrize(
    ("feed", "native", "common"),
    [
        ("us.drugsatfda", ("SOLUTION/DROPS", "OPHTHALMIC"), ("EYE_DROPS_SOLUTION", "OCULAR")),
        ("us.drugsatfda", ("INJECTABLE", "INJECTION"), ("INJECTION", "PARENTERAL")),
        ("us.drugsatfda", ("TABLET", "ORAL-28"), ("TABLET", "ORAL")),
        ("us.ndc_unfinished", ("TABLET, FILM COATED", ""), ("FILM_COATED_TABLET", "ORAL")),
        ("us.ndc_unfinished", ("POWDER", ""), ("POWDER", "")),
        ("us.openfda_shortages", ("Tablet, Chewable", "ORAL"), ("CHEWABLE_TABLET", "ORAL")),
        (
            "in.janaushadhi",
            ("Prolonged release Tablets", ""),
            ("PROLONGED_RELEASE_TABLET", "ORAL"),
        ),
        ("in.janaushadhi", ("Injection", ""), ("INJECTION", "PARENTERAL")),
        ("eu.fr_products", ("crème", "vaginale"), ("VAGINAL_CREAM", "VAGINAL")),
        ("eu.fr_products", ("granules", "sublinguale"), ("PILLULES", "SUBLINGUAL")),
        (
            "eu.fr_products",
            ("poudre et  solvant pour solution injectable", "sous-cutanée"),
            ("POWDER_FOR_SOLUTION_FOR_INJECTION", "SUBCUTANEOUS"),
        ),
        (
            "eu.fr_products",
            (
                "comprimé et solution(s) et granules et poudre et pommade",
                "cutanée;orale;sublinguale",
            ),
            ("UNMAPPED", "CUTANEOUS;ORAL;SUBLINGUAL"),
        ),
        ("eu.de_shortages", ("Hartkapsel", ""), ("CAPSULE_HARD", "ORAL")),
    ],
)
def test_native_words_come_to_their_terms(products, feed, native, common):
    form, routes = native
    rows = products(feed).filter(
        (pl.col("dose_form_text") == form) & (pl.col("route_texts").list.join(";") == routes)
    )
    assert rows.height > 0
    found = rows.select("dose_form", pl.col("routes").list.join(";")).unique()
    assert found.rows() == [common]


def test_a_release_said_of_one_ingredient_makes_the_tablet_modified(products):
    rows = products("in.janaushadhi").filter(
        pl.col("name").str.contains(r"\(Sustained Release\).*Tablets")
    )
    assert rows.height > 0
    assert set(rows["dose_form"]) == {"MODIFIED_RELEASE_TABLET"}
