import json
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.europe.fr_products import COLUMNS, FEED
from federation.members.europe.french_countries import country_code
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

ROW = (
    "66513085",
    "ABASAGLAR 100 unités/ml, solution injectable en cartouche",
    "solution injectable",
    "sous-cutanée;intraveineuse",
    "Autorisation active",
    "Procédure centralisée",
    "Commercialisée",
    "09/09/2014",
    "",
    "EU/1/14/944",
    " ELI LILLY NEDERLAND BV (PAY-BAS)",
    "Non",
)


def changed(**changes):
    """One row with columns changed by position: `c1` is the CIS, `c12` the last."""
    return [changes.get(f"c{at}", cell) for at, cell in enumerate(ROW, 1)]


def listed(*rows, encoding="cp1252", fill=20):
    """A file of these rows, and good ones behind them so that a few bad ones are a few."""
    good = [changed(c1=f"6000{at:04}") for at in range(fill)]
    lines = ["\t".join(row) for row in [*rows, *good]]
    return Document("CIS_bdpm.txt", "".join(f"{line}\r\n" for line in lines).encode(encoding))


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda document: harmonize(FEED, FEED.read([document]), resolver)


@pytest.fixture
def product(pull):
    def one(**changes):
        return pull(listed(changed(**changes))).batches[0].frame.row(0, named=True)

    return one


@pytest.fixture
def holder(pull):
    def one(name):
        frames = [batch.frame for batch in pull(listed(changed(c11=name), fill=0)).batches]
        assert frames[0]["holder_key"].to_list() == frames[1]["key"].to_list()
        return frames[1].row(0, named=True)

    return one


def test_a_row_becomes_a_product(product):
    record = product()
    assert record["key"] == "EU.Product.66513085"
    assert record["name"].startswith("ABASAGLAR 100 unités/ml")
    assert (record["species"], record["authorisation_status"]) == ("HUMAN", "AUTHORISED")
    assert record["marketing_status"] == "MARKETED"
    assert record["route_texts"] == ["sous-cutanée", "intraveineuse"]
    assert record["authorisation_number"] == "EU/1/14/944"
    assert record["authorised_on"]["earliest"] == date(2014, 9, 9)
    assert record["procedure_text"] == "Procédure centralisée"
    assert record["native"]["Titulaire(s)"] == ROW[10]


def test_a_national_product_has_no_european_number(product):
    assert product(c10="")["authorisation_number"] is None


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_either_encoding_is_read(pull, encoding):
    document = listed(changed(c2="PÂTE œdème"), encoding=encoding)
    assert pull(document).batches[0].frame["name"][0] == "PÂTE œdème"


def test_rows_of_two_encodings_in_one_file_are_read(pull):
    document = listed(changed(c2="crème"), encoding="utf-8")
    other = listed(changed(c1="66513086", c2="émulsion")).content
    mixed = Document(document.name, document.content + other)
    assert pull(mixed).batches[0].frame.filter(pl.col("national_id").str.starts_with("66"))[
        "name"
    ].to_list() == ["crème", "émulsion"]


@pytest.mark.parametrize(
    ("native", "common"),
    [
        ("Autorisation active", "AUTHORISED"),
        ("Autorisation abrogée", "WITHDRAWN"),
        ("Autorisation retirée", "REVOKED"),
        ("Autorisation archivée", "EXPIRED"),
        ("Autorisation suspendue", "SUSPENDED"),
        ("Autorisation provisoire", "UNMAPPED"),
    ],
)
def test_each_standing_has_a_common_term(product, native, common):
    record = product(c5=native)
    assert record["authorisation_status"] == common
    assert record["native_authorisation_status"] == native


def test_alert_and_surveillance_stand_together(product):
    assert product(c9="Alerte", c12="Oui")["surveillance_text"] == (
        "Alerte; surveillance renforcée : Oui"
    )
    assert product()["surveillance_text"] == "surveillance renforcée : Non"


@pytest.mark.parametrize(
    ("native", "name", "country", "company"),
    [
        (" TEVA BV (PAY-BAS)", "TEVA BV", "NL", "teva bv, NL"),
        (" BLUEPRINT (PAYS-BAS))", "BLUEPRINT", "NL", "blueprint, NL"),
        (" KRKA (SLOVENIE)", "KRKA", "SI", "krka, SI"),
        (" BRACCO IMAGING  (ITALIE)", "BRACCO IMAGING", "IT", "bracco imaging, IT"),
        (" BOIRON", "BOIRON", None, "boiron"),
        (" CSP (EUROPE)", "CSP (EUROPE)", None, "csp europe"),
        (" LABO (SA)", "LABO (SA)", None, "labo sa"),
        (" VERTEX (EUROPE) LIMITED", "VERTEX (EUROPE) LIMITED", None, "vertex europe ltd"),
    ],
)  # fmt: skip
def test_a_bracket_is_a_country_only_where_it_names_one(holder, native, name, country, company):
    record = holder(native)
    assert (record["name"], record["country"]) == (name, country)
    assert record["key"] == f"EU.Organization.{company}"


def test_one_name_in_two_countries_is_two_companies(pull):
    rows = [changed(c1="60000001", c11=" TEVA (PAYS-BAS)"), changed(c11=" TEVA (ALLEMAGNE)")]
    assert pull(listed(*rows, fill=0)).batches[1].frame["country"].to_list() == ["NL", "DE"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ALLEMAGNE", "DE"),
        ("SUÈDE", "SE"),
        ("SUEDE", "SE"),
        ("GRECE", "GR"),
        ("ROYAUME-UNI", "GB"),
        ("ROYAUME UNI", "GB"),
        ("PAYS BAS", "NL"),
        ("HOLLANDE", "NL"),
        ("NETHERLANDS", "NL"),
        ("IRELAND", "IE"),
        ("RÉPUBLIQUE TCHÈQUE", "CZ"),
        ("FRANCE", "FR"),
        ("EUROPE", None),
        ("FR", None),
        (None, None),
    ],
)
def test_a_country_is_known_by_its_french_or_english_name(text, code):
    assert pl.select(country_code(pl.lit(text, dtype=pl.String))).item() == code


@pytest.mark.parametrize("cis", ["6651308", "665130855", "CIS", ""])
def test_a_row_without_a_cis_is_quarantined(pull, cis):
    harmonized = pull(listed(changed(c1=cis)))
    (row,) = harmonized.quarantined.rows(named=True)
    assert row["reason"] == ("NO_CIS" if cis else "NO_IDENTITY")
    assert json.loads(row["native"])["Dénomination du médicament"] == ROW[1]


def test_a_row_of_another_length_is_quarantined(pull):
    assert pull(listed(ROW[:11])).quarantined["reason"].to_list() == ["MALFORMED_ROW"]


@pytest.mark.parametrize("at", [1, 5, 6, 7, 8, 12])
def test_a_file_whose_columns_moved_is_refused_by_the_columns_name(at):
    rows = [changed(**{f"c{at}": "x"}) for _ in range(10)]
    with pytest.raises(SourceChanged, match=re.escape(f"column `{COLUMNS[at - 1]}`")):
        FEED.read([listed(*rows, fill=0)])


def test_a_column_put_in_front_is_noticed():
    shifted = ["x", *ROW[:-1]]
    with pytest.raises(SourceChanged, match="column `Code CIS`"):
        FEED.read([listed(*[shifted] * 10, fill=0)])


@pytest.mark.parametrize("row", [ROW[:11], (*ROW, "new")])
def test_a_file_with_a_column_more_or_less_is_refused(row):
    with pytest.raises(SourceChanged, match="have not the 12 columns of the register"):
        FEED.read([listed(*[row] * 10, fill=0)])


def test_a_header_put_on_top_is_one_quarantined_row(pull):
    assert pull(listed(COLUMNS)).quarantined["reason"].to_list() == ["NO_CIS"]


@pytest.mark.parametrize(
    "content", [b"<html>maintenance</html>", b"", listed().content[:-60]], ids=["page", "", "half"]
)
def test_what_is_no_whole_file_is_refused(content):
    with pytest.raises(SourceFault):
        FEED.read([Document("CIS_bdpm.txt", content)])


def written(harmonized):
    frames = [batch.frame for batch in harmonized.batches]
    frames += [harmonized.quarantined, harmonized.findings]
    return "".join(frame.write_json() for frame in frames)


def test_contacts_reach_no_output(pull):
    rows = [changed(c11=" LABO a@b.org"), changed(c1="x", c2="a@b.org"), ["a@b.org"]]
    assert "a@b.org" not in written(pull(listed(*rows, fill=30)))


@pytest.fixture(scope="module")
def real(resolver):
    path = SHARED / "eu" / "fr_bdpm_CIS_bdpm_2026-01_cp1252.txt"
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
def test_every_real_row_is_a_product(real):
    assert (real.rows, real.records, real.merged) == (15799, 15799, 0)
    assert real.quarantined.is_empty()
    assert real.findings.is_empty()
    # Nine in ten of these are homeopathic registrations of several forms at once.
    assert {item.field: item.unmapped for item in real.quality if item.unmapped} == {
        "dose_form": 1434,
        "routes": 10,
    }


@pytest.mark.real
def test_the_real_file_holds_what_its_description_counts(real):
    products, holders = (batch.frame for batch in real.batches)
    assert dict(products["authorisation_status"].value_counts().iter_rows()) == {
        "AUTHORISED": 14776,
        "WITHDRAWN": 809,
        "EXPIRED": 198,
        "REVOKED": 10,
        "SUSPENDED": 6,
    }
    assert (products["marketing_status"] == "MARKETED").sum() == 13559
    assert products["authorisation_number"].count() == 2261
    assert products["authorised_on"].struct.field("precision").unique().to_list() == ["DAY"]
    assert holders.height == 671
    assert set(products["holder_key"]) == set(holders["key"])
    lilly = holders.filter(pl.col("name") == "ELI LILLY NEDERLAND BV")
    assert lilly["country"].to_list() == ["NL"]
    bracketed = holders.filter(pl.col("country").is_null() & pl.col("name").str.ends_with(")"))
    assert bracketed.height == 4


@pytest.mark.real
def test_accents_of_the_real_file_are_read_right(real):
    texts = "".join(real.batches[0].frame["name"])
    assert "comprimé pelliculé" in texts
    assert not re.search("Ã©|\ufffd", texts)


@pytest.mark.real
def test_no_contact_is_in_what_the_real_file_comes_to(real):
    assert "@" not in written(real)
