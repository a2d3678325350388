from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.europe.fr_compositions import FEED
from federation.members.europe.french_strengths import french_strength
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

ANASTROZOLE = ("60002283", "comprimé", "42215", "ANASTROZOLE", "1,00 mg", "un comprimé", "SA", "1")
BASE = ("60000001", "comprimé", "04442", "METFORMINE", "780 mg", "un comprimé", "FT", "1")
SALT = (*BASE[:2], "24321", "CHLORHYDRATE DE METFORMINE", "1000 mg", "un comprimé", "SA", "1")


def listed(*rows):
    lines = ["\t".join(row) for row in rows]
    return Document("CIS_COMPO_bdpm.txt", "\r\n".join([*lines, ""]).encode("cp1252"))


def changed(row, **changes):
    names = ("cis", "element", "code", "name", "dose", "reference", "nature", "link")
    return tuple(changes.get(name, cell) for name, cell in zip(names, row, strict=True))


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda *rows: harmonize(FEED, FEED.read([listed(*rows)]), resolver)


@pytest.fixture
def ingredients(pull):
    return lambda *rows: pull(*rows).batches[0].frame.rows(named=True)


def strength_of(record):
    return tuple(
        record[name] for name in ("strength_value", "strength_unit", "per_value", "per_unit")
    )


def test_a_row_becomes_an_ingredient_of_its_product(ingredients):
    (record,) = ingredients(ANASTROZOLE)
    assert record["key"] == "EU.Ingredient.60002283/comprimé/1/42215"
    assert record["product_key"] == "EU.Product.60002283"
    assert (record["position"], record["role"]) == (1, "ACTIVE")
    assert record["native_text"] == "ANASTROZOLE"
    assert record["strength_text"] == "1,00 mg / un comprimé"
    assert strength_of(record) == ("1.00", "mg", "1", "{tablet}")


def test_a_substance_is_known_by_its_fraction_or_else_by_itself(ingredients):
    unclear = changed(SALT, name="MÉLANGE")
    named, salt, open_ = (ingredients(*rows) for rows in [(unclear, BASE), (SALT,), (unclear,)])
    assert named[0]["substance_key"] == salt[0]["substance_key"] is not None
    assert open_[0]["substance_key"] is None


@pytest.mark.parametrize("rows", [(SALT, BASE), (BASE, SALT)])
def test_a_substance_and_its_fraction_are_one_ingredient_with_one_dose(pull, rows):
    harmonized = pull(*rows)
    (record,) = harmonized.batches[0].frame.rows(named=True)
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (2, 1, 1)
    assert record["native_text"] == "CHLORHYDRATE DE METFORMINE (METFORMINE)"
    assert record["strength_text"] == "1000 mg / un comprimé"
    assert strength_of(record) == ("1000", "mg", "1", "{tablet}")
    assert record["native_row"] == rows.index(SALT) + 1


def test_a_substance_without_a_dose_is_dosed_by_its_fraction_and_the_words_say_so(ingredients):
    (record,) = ingredients(changed(SALT, dose="", reference=""), BASE)
    assert record["strength_text"] == "780 mg METFORMINE / un comprimé"
    assert strength_of(record) == ("780", "mg", "1", "{tablet}")


def test_several_fractions_of_one_substance_give_no_dose_of_it(ingredients):
    complex_ = changed(SALT, name="COMPLEXE SODIQUE SACUBITRIL VALSARTAN", dose="", reference="")
    parts = (
        changed(BASE, name="VALSARTAN"),
        changed(BASE, code="1", name="SACUBITRIL", dose="48,6 mg"),
    )
    (record,) = ingredients(complex_, *parts)
    assert record["native_text"].endswith("SACUBITRIL VALSARTAN (VALSARTAN; SACUBITRIL)")
    assert record["strength_text"] == (
        "780 mg VALSARTAN / un comprimé; 48,6 mg SACUBITRIL / un comprimé"
    )
    assert strength_of(record) == (None, None, None, None)


def test_two_substances_behind_one_fraction_are_two_ingredients(ingredients):
    carbonate = changed(SALT, name="CARBONATE DE CALCIUM", code="00428", dose="875 mg")
    lactate = changed(SALT, name="GLUCONOLACTATE DE CALCIUM", code="04788", dose="1132 mg")
    calcium = changed(BASE, name="CALCIUM ÉLÉMENT", dose="500 mg")
    records = ingredients(carbonate, lactate, calcium)
    assert [(record["position"], record["strength_value"]) for record in records] == [
        (1, "875"),
        (2, "1132"),
    ]


def test_a_fraction_without_its_substance_is_an_ingredient_itself(ingredients):
    (record,) = ingredients(BASE)
    assert (record["native_text"], record["strength_value"]) == ("METFORMINE", "780")


def test_links_are_told_apart_by_product_and_element(ingredients):
    rows = [
        SALT,
        changed(BASE, cis="60000002"),
        changed(SALT, element="comprimé rose", dose="500 mg"),
        changed(SALT, link="2", code="42215", name="ANASTROZOLE"),
    ]
    records = ingredients(*rows)
    assert [record["strength_value"] for record in records] == ["1000", "500", "1000", "780"]
    assert [record["position"] for record in records] == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("dose", "reference", "expected"),
    [
        ("15 000 UI", "un flacon", ("15000", "[iU]", "1", "{vial}")),
        ("1 500 000 UI", "une ampoule de 2 ml", ("1500000", "[iU]", "2", "mL")),
        ("0,150 mg", "un comprimé", ("0.150", "mg", "1", "{tablet}")),
        ("800 microgrammes", "2 ml de suspension", ("800", "ug", "2", "mL")),
        ("5 g", "100 g de crème", ("5", "g", "100", "g")),
        ("50 Microgrammes", "1 mL", ("50", "ug", "1", "mL")),
        ("37 MBq", "0,5 ml de solution", ("37", "MBq", "0.5", "mL")),
        ("20 mg", "une dose de 0,5 mL", ("20", "mg", "0.5", "mL")),
        ("5 mg", "un compartiment n°1 de 1000 ml", ("5", "mg", "1000", "mL")),
        ("50 mg", "un flacon de 100 mg de poudre", ("50", "mg", "1", "{vial}")),
        ("15 microgrammes d'hémagglutinine", "une dose", ("15", "ug", "1", "{dose}")),
        ("6 DH", "100 g", ("6", "[hp_X]", "100", "g")),
        ("37 MBq à la date de calibration", "1 ml", ("37", "MBq", "1", "mL")),
    ],
)
def test_a_plain_french_strength_is_read_exactly(dose, reference, expected):
    found = pl.select(french_strength(pl.lit(dose), pl.lit(reference))).item()
    assert found.pop("value_high") is None
    assert tuple(found.values()) == expected


@pytest.mark.parametrize(
    ("dose", "expected"),
    [
        ("120 - 180 mg", ("120", "180", "mg")),
        ("2CH à 30CH et 4DH à 60DH", ("2", "30", "[hp_C]")),
        ("4CH à 30CH et 8DH à 60DH (pommade à 4 %)", ("4", "30", "[hp_C]")),
    ],
)
def test_a_range_has_both_ends_and_two_scales_say_it_once(dose, expected):
    found = pl.select(french_strength(pl.lit(dose), pl.lit("un comprimé"))).item()
    assert (found["value"], found["value_high"], found["unit"]) == expected


@pytest.mark.parametrize(
    ("dose", "reference"),
    [
        ("4CH à 30CH et 7DH à 60DH", "un comprimé"),
        ("3 ml (4 DH)", "30 ml"),
        ("7.5 mg", "un comprimé"),
        ("1 50 mg", "un comprimé"),
        ("qs", "un comprimé"),
        ("5 mg", "un gramophone"),
        ("5 mg", None),
        (None, "un comprimé"),
    ],
)
def test_what_is_no_plain_strength_has_no_value(dose, reference):
    texts = (pl.lit(text, dtype=pl.String) for text in (dose, reference))
    assert pl.select(french_strength(*texts)).item() is None


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"cis": "x"}, "Code CIS"),
        ({"code": "x"}, "Code de la substance"),
        ({"nature": "1"}, "Nature du composant"),
        ({"link": "SA"}, "Numéro de liaison"),
    ],
)
def test_a_file_whose_columns_moved_is_refused_by_the_columns_name(change, column):
    with pytest.raises(SourceChanged, match=f"column `{column}`"):
        FEED.read([listed(*[changed(SALT, **change)] * 10)])


def written(harmonized):
    frames = [batch.frame for batch in harmonized.batches]
    frames += [harmonized.quarantined, harmonized.findings]
    return "".join(frame.write_json() for frame in frames)


def test_contacts_reach_no_output(pull):
    assert "a@b.org" not in written(pull(changed(SALT, name="SEL a@b.org"), BASE))


@pytest.fixture(scope="module")
def real(resolver):
    path = SHARED / "eu" / "fr_bdpm_CIS_COMPO_bdpm_2026-01_cp1252_head12000.txt"
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
def test_every_real_substance_is_an_ingredient_and_every_fraction_merged(real):
    assert (real.rows, real.records, real.merged) == (12000, 10039, 1961)
    assert real.quarantined.is_empty()


@pytest.mark.real
def test_no_real_component_has_two_doses(real):
    frame = real.batches[0].frame
    parts = frame["national_id"].str.split("/").list
    assert parts.len().min() >= 4
    levonorgestrel = frame.filter(pl.col("national_id").str.starts_with("60928936/"))
    assert sorted(levonorgestrel["strength_value"]) == ["0.030", "0.040", "0.150", "0.200"]
    gadoteric = frame.filter(pl.col("national_id").str.starts_with("60314272/"))
    assert sorted(gadoteric["strength_value"]) == ["0.453", "1.012"]


@pytest.mark.real
def test_real_doses_are_read_or_stay_words(real):
    frame = real.batches[0].frame
    assert frame["strength_text"].null_count() == 1
    assert frame["strength_value"].count() == 9309
    read = frame.filter(pl.col("strength_value").is_not_null())
    assert read["strength_value"].str.contains(r"^\d+(\.\d+)?$").all()
    assert read["per_unit"].null_count() == 0


@pytest.mark.real
def test_common_real_substances_are_known(real):
    frame = real.batches[0].frame
    for name in ("ATORVASTATINE CALCIQUE (ATORVASTATINE)", "PARACÉTAMOL", "MIDAZOLAM"):
        found = frame.filter(pl.col("native_text") == name)
        assert found.height > 0
        assert found["substance_key"].n_unique() == 1
        assert found["substance_key"].null_count() == 0


@pytest.mark.real
def test_no_contact_is_in_what_the_real_file_comes_to(real):
    assert "@" not in written(real)
