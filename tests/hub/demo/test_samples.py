"""The bundled sample data: as generated, in the members' layouts, with the defects it declares."""

import csv
import io
import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from federation.members.registry import FEEDS
from hub.demo.samples import defects, generate
from hub.demo.samples.draw import Draw, gtin13
from hub.demo.samples.medicines import medicines, read_table

NATIVE = generate.HERE / "native"
SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
QUIRKS, DEFECTS = defects.declared()
JSON = {"kr.mfds_permits", "kr.mfds_recalls", "kr.mfds_gmp_sites", "us.openfda_shortages"}
HEADERLESS = {
    "eu.fr_products",
    "eu.fr_compositions",
    "eu.fr_shortages",
    "eu.fr_packages",
    "eu.fr_mitm",
}
HEADER_ROWS = {"jp.mhlw_supply": 1, "eu.ema_medicines": 8, "in.nppa_ceilings": 4}
USED_RANGES = {"jp.mhlw_supply": "U", "eu.ema_medicines": "AMJ", "kr.hira_prices": "L"}
SEMICOLONS = {"eu.de_shortages"}
ENCODINGS = {
    "cp1252": "cp1252",
    "LEMeldungen": "cp1252",
    "cp949": "cp949",
    "ndc_unfinished": "latin-1",
}
"""By a part of the file's name; any other file is UTF-8."""


def feeds(folder):
    listed = tomllib.loads((folder / "manifest.toml").read_text("utf-8"))["feeds"]
    return {feed: [folder / name for name in names] for feed, names in listed.items()}


SAMPLE = feeds(NATIVE)


def decoded(file):
    encoding = next((code for part, code in ENCODINGS.items() if part in file.name), "utf-8-sig")
    return file.read_bytes().decode(encoding)


def objects(file):
    content = json.loads(file.read_bytes())
    return content["results"] if isinstance(content, dict) else content


def table(feed, file):
    """Read one file to (header, rows of values) with other code than the generator's."""
    if feed in JSON:
        return None, [tuple(json.dumps(each, sort_keys=True).split()) for each in objects(file)]
    if file.suffix == ".xlsx":
        sheet = CalamineWorkbook.from_path(file).get_sheet_by_index(0)
        rows = [tuple(row) for row in sheet.to_python(skip_empty_area=False)]
    elif file.suffix == ".csv":
        text, separator = io.StringIO(decoded(file), newline=""), ",;"[feed in SEMICOLONS]
        rows = [tuple(row) for row in csv.reader(text, delimiter=separator)]
    else:
        rows = [tuple(line.split("\t")) for line in re.split("\r?\n", decoded(file))[:-1]]
    if feed in HEADERLESS:
        return None, rows
    at = HEADER_ROWS.get(feed, 0)
    return rows[at], rows[at + 1 :]


def records(feed, file=None):
    file = file or SAMPLE[feed][0]
    if feed in JSON:
        return objects(file)
    header, rows = table(feed, file)
    return [dict(zip(header, row, strict=True)) for row in rows]


def texts(feed, part=""):
    """Show every row of a feed as one text, the way DEFECTS.md quotes it."""
    files = [file for file in SAMPLE[feed] if part in file.name]
    if feed in JSON:
        return [json.dumps(each, ensure_ascii=False) for file in files for each in objects(file)]
    quoted = feed.startswith("in.")
    join = {".xlsx": "|", ".txt": "\t", ".csv": ","}[files[0].suffix]
    rows = [[str(value) for value in row] for file in files for row in table(feed, file)[1]]
    return [join.join(f'"{value}"' if quoted else value for value in row) for row in rows]


def values(rows, column):
    return [row[column] for row in rows]


def test_committed_files_are_what_the_generator_writes():
    assert generate.differences(generate.compose()) == []
    assert generate.main(["--check"]) == 0


def test_check_names_missing_changed_and_stray_files(tmp_path):
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / "stray.csv").write_bytes(b"")
    (tmp_path / "native" / "changed.csv").write_bytes(b"old")
    written = {"native/changed.csv": b"new", "native/missing.csv": b""}
    different = generate.differences(written, tmp_path)
    assert different == ["native/changed.csv", "native/missing.csv", "native/stray.csv"]


def test_check_fails_and_says_which_file(monkeypatch, capsys):
    monkeypatch.setattr(generate, "compose", lambda: {"native/manifest.toml": b"other"})
    assert generate.main(["--check"]) == 1
    assert "native/manifest.toml is not what would be written" in capsys.readouterr().err


def test_draws_follow_from_their_name_alone():
    assert Draw("kr", "1").digits(9) == Draw("kr", "1").digits(9) != Draw("kr", "2").digits(9)


def test_gtin_check_digit_is_that_of_a_published_code():
    assert gtin13("629104150021") == "6291041500213"


def test_a_defect_without_its_row_is_refused():
    wrong = defects.Defect("kr.x", "1", "", "")
    files = generate.korea.native_files()["kr.mfds_permits"]
    with pytest.raises(LookupError, match="has no row `1` to spoil"):
        defects.spoil({"kr.x": files}, [wrong])


@pytest.mark.parametrize("feed", SAMPLE)
def test_feed_has_between_10_and_200_rows(feed):
    assert 10 <= len(table(feed, SAMPLE[feed][0])[1]) <= 200


def test_every_feed_but_the_alliance_s_own_registers_has_a_sample():
    assert set(SAMPLE) == {feed for feed in FEEDS if not feed.startswith("ref.")}


def test_bytes_carry_each_members_encoding_and_line_ends():
    content = {feed: files[0].read_bytes() for feed, files in SAMPLE.items()}
    assert content["in.janaushadhi"].startswith(b'\xef\xbb\xbf"Sr No","Drug Code"')
    assert content["in.cdsco_nsq"].startswith(b"str_product_name,str_batch_no")
    for feed in ("kr.mfds_shortages", "us.drugsatfda", "eu.fr_products", "eu.fr_shortages"):
        assert content[feed].count(b"\n") == content[feed].count(b"\r\n") > 50
    for feed in ("jp.mhlw_prices", "in.janaushadhi", "in.cdsco_nsq", "us.openfda_shortages"):
        assert b"\r" not in content[feed]
    with pytest.raises(UnicodeDecodeError):
        content["eu.fr_products"].decode("utf-8")
    assert not content["kr.mfds_permits"].endswith(b"\n")
    assert b"\r" not in content["eu.fr_packages"]
    assert "é".encode() in content["eu.fr_packages"]
    assert content["eu.fr_mitm"].count(b"\r\n") == content["eu.fr_mitm"].count(b"\n")
    assert content["in.nppa_ceilings"].startswith(b'"",""\n"","All Drugs Ceiling Prices"\n')
    for feed in ("kr.hira_ingredients", "kr.hira_atc", "us.ndc_unfinished", "eu.de_shortages"):
        with pytest.raises(UnicodeDecodeError):
            content[feed].decode("utf-8")


@pytest.mark.parametrize(
    "feed", ["kr.mfds_shortages", "jp.mhlw_prices", "in.janaushadhi", "in.cdsco_nsq"]
)
def test_polars_reads_the_same_rows(feed):
    frame = pl.read_csv(SAMPLE[feed][0], infer_schema=False)
    header, rows = table(feed, SAMPLE[feed][0])
    assert (tuple(frame.columns), frame.height) == (header, len(rows))


def test_workbooks_are_stored_undated_and_claim_what_the_agencies_claim():
    for feed, last in USED_RANGES.items():
        with ZipFile(SAMPLE[feed][0]) as archive:
            assert {member.compress_type for member in archive.infolist()} == {ZIP_STORED}
            assert {member.date_time[0] for member in archive.infolist()} == {1980}
            sheet = archive.read("xl/worksheets/sheet1.xml").decode()
            used = re.search(r'<dimension ref="A1:(\w+?)\d+"', sheet)[1]
            assert used == last


def test_excel_days_stand_next_to_serial_numbers_and_text():
    kinds = Counter(
        type(value).__name__ for value in values(records("jp.mhlw_supply"), "⑪薬価収載年月日")
    )
    assert kinds["date"] > 20
    assert kinds["float"] > 20
    assert kinds["str"] == 1


def test_most_korean_reports_join_a_permit():
    reports = values(records("kr.mfds_shortages"), "품목일련번호")
    permits = set(values(records("kr.mfds_permits"), "ITEM_SEQ"))
    assert 0.9 < sum(seq in permits for seq in reports) / len(reports) < 1


def test_korean_standard_codes_are_valid_gtins():
    codes = "|".join(values(records("kr.mfds_shortages"), "표준코드")).split("|")
    long = [code for code in codes if len(code) == 13]
    assert len(long) == len(codes) - 1
    assert all(gtin13(code[:12]) == code for code in long)


def test_japanese_supply_joins_prices_but_for_unified_names():
    supply = values(records("jp.mhlw_supply"), "⑤YJコード")
    prices = set(values(records("jp.mhlw_prices"), "薬価基準収載医薬品コード"))
    unpriced = [code for code in supply if code and code not in prices]
    assert len(unpriced) == 10
    assert sum(any(code[:9] == price[:9] for price in prices) for code in unpriced) == 9


def test_us_applications_are_in_drugsatfda_in_part():
    named = [record.get("openfda") or {} for record in records("us.openfda_shortages")]
    numbers = {number for block in named for number in block.get("application_number", [])}
    _, rows = table("us.drugsatfda", SAMPLE["us.drugsatfda"][1])
    known = {kind + number for number, kind, *_ in rows}
    assert 0.5 < len(numbers & known) / len(numbers) < 1


def test_us_package_codes_come_in_three_shapes():
    codes = [row["package_ndc"] for row in records("us.openfda_shortages") if "package_ndc" in row]
    shapes = {tuple(map(len, code.split("-"))) for code in codes}
    assert shapes == {(5, 3, 2), (4, 4, 2), (5, 4, 1)}


def test_french_shortages_join_products_but_for_one():
    cis = {row[0] for row in table("eu.fr_products", SAMPLE["eu.fr_products"][0])[1]}
    notices = [row[0] for row in table("eu.fr_shortages", SAMPLE["eu.fr_shortages"][0])[1]]
    assert [code for code in notices if code and code not in cis] == ["69118204"]


def test_korean_prices_are_of_permitted_products_and_of_known_generics():
    prices = [row for row in records("kr.hira_prices") if row["제품명"]]
    permitted = ",".join(row["EDI_CODE"] or "" for row in records("kr.mfds_permits")).split(",")
    assert {row["제품코드"] for row in prices} <= set(permitted)
    generics = values(records("kr.hira_ingredients"), "일반명코드")
    assert set(values(prices, "주성분코드")) <= set(generics)
    mapped = [code.zfill(9) for code in values(records("kr.hira_atc"), "제품코드")]
    assert sorted(mapped) == sorted(values(prices, "제품코드"))


def test_korean_recalls_are_of_listed_products():
    listed = {*values(records("kr.mfds_products"), "품목기준코드")}
    listed |= {*values(records("kr.mfds_permits"), "ITEM_SEQ")}
    assert {*values(records("kr.mfds_recalls"), "itemSeq")} <= listed


def test_unfinished_packages_belong_to_a_listing_but_for_one():
    products, packages = (
        {row[0] for row in table("us.ndc_unfinished", file)[1]}
        for file in SAMPLE["us.ndc_unfinished"]
    )
    assert len(packages - products) == 1


def test_japanese_generics_and_codes_join_the_price_list():
    prices = {*values(records("jp.mhlw_prices"), "薬価基準収載医薬品コード")}
    codes = records("jp.medis_hot")
    for rows in (records("jp.mhlw_generics"), codes):
        found = {*values(rows, "薬価基準収載医薬品コード")}
        assert len(found - prices) <= 1  # the price list has lost one product's code
    unified = [row for row in codes if row["個別医薬品コード"] not in prices]
    assert len(unified) > 3


def test_french_packs_and_listed_medicines_join_products():
    cis = {row[0] for row in table("eu.fr_products", SAMPLE["eu.fr_products"][0])[1]}
    for feed in ("eu.fr_packages", "eu.fr_mitm"):
        found = {row[0] for row in table(feed, SAMPLE[feed][0])[1]}
        assert len(found - cis) <= 1, feed  # one product's number is spoiled


def test_german_roles_are_of_the_reported_products():
    products = {*values(records("eu.de_site_roles"), "eingangsnummer")}
    reported = {enr.split(",")[0] for enr in values(records("eu.de_shortages"), "ENR")}
    assert reported <= products


def test_epar_makers_are_of_ema_s_medicines():
    names = {*values(records("eu.ema_medicines"), "Name of medicine")}
    assert {*values(records("eu.epar_manufacturers"), "medicine_name")} <= names


def test_contacts_are_reserved_for_fiction():
    for row in records("eu.de_shortages"):
        assert re.fullmatch(r"N/A|030 23125-\d{3}\t*", row["Telefon"])
        assert re.fullmatch(r"N/A|\S+\.example", row["E-Mail"])
    for contact in values(records("us.openfda_shortages"), "contact_info"):
        assert re.search(r"555-01\d\d", contact) or "@" in contact
        assert all(mail.endswith(".example") for mail in re.findall(r"\S+@\S+", contact))


def test_every_medicine_is_known_to_four_members_or_more():
    named = Counter()
    for member in ("korea_products", "us_applications", "japan_products", "india_products"):
        named.update({row["medicine"] for row in read_table(member)})
    named.update({row["medicine"] for row in read_table("france_products")})
    assert all(named[key] >= 4 for key in medicines())


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.feed} {defect.row}")
def test_defect_is_in_the_native_file(defect):
    if defect.gone:
        identity = defect.row.replace(" ", "\t")
        assert not any(row.startswith(identity) for row in texts(defect.feed, defect.file))
    found = [row for row in texts(defect.feed) if (defect.find or defect.row) in row]
    shown = [row for row in found if defect.see in row]
    assert shown
    assert not defect.lacks or any(defect.lacks not in row for row in shown)
    copies = Counter(texts(defect.feed))
    assert {} not in defect.again or any(copies[row] > 1 for row in found)


def test_report_names_every_defect_and_what_to_do():
    text = (generate.HERE / "DEFECTS.md").read_text("utf-8")
    assert len(re.findall(r"^\| \w+\.\w+ \|", text, re.MULTILINE)) == len(QUIRKS) + len(DEFECTS)
    for entry in [*QUIRKS, *DEFECTS]:
        assert entry.reader.split(":")[0] in {"quarantine", "merge", "repair", "report", "keep"}


def test_each_member_has_rows_that_deserve_quarantine_and_no_feed_has_two():
    condemned = Counter(d.feed for d in DEFECTS if d.reader.startswith("quarantine"))
    assert set(condemned.values()) == {1}
    assert {feed[:2] for feed in condemned} == {"kr", "us", "jp", "in", "eu"}


@pytest.mark.real
@pytest.mark.parametrize("feed", SAMPLE)
def test_headers_are_the_real_ones(feed):
    for ours, theirs in zip(SAMPLE[feed], feeds(SHARED)[feed], strict=True):
        if feed in JSON:
            keys = [{key for each in objects(file) for key in each} for file in (ours, theirs)]
            assert keys[0] - keys[1] == set()
        else:
            assert table(feed, ours)[0] == table(feed, theirs)[0]
            assert {len(row) for row in table(feed, ours)[1]} == {
                len(row) for row in table(feed, theirs)[1]
            }


@pytest.mark.real
@pytest.mark.parametrize("feed", SAMPLE)
def test_no_file_and_no_row_is_a_real_one(feed):
    for ours, theirs in zip(SAMPLE[feed], feeds(SHARED)[feed], strict=True):
        assert ours.read_bytes() != theirs.read_bytes()
        if "Lookup" in ours.name or feed == "eu.union_list":  # codes alone, which can't differ
            continue
        assert set(table(feed, ours)[1]).isdisjoint(table(feed, theirs)[1])


@pytest.mark.real
@pytest.mark.parametrize(
    ("feed", "identifier", "name"),
    [
        ("kr.mfds_permits", "ITEM_SEQ", "ITEM_NAME"),
        ("jp.mhlw_prices", "薬価基準収載医薬品コード", "品名"),
        ("in.janaushadhi", "Drug Code", "Generic Name"),
        ("eu.ema_medicines", "EMA product number", "Name of medicine"),
    ],
)
def test_an_identifier_that_is_real_names_its_real_product(feed, identifier, name):
    rows = records(feed, feeds(SHARED)[feed][0])
    known = {row[identifier]: plain(row[name]) for row in rows if row[identifier]}
    ours = [row for row in records(feed) if row[identifier] in known]
    assert len(ours) > 20
    assert [row[name] for row in ours if plain(row[name]) != known[row[identifier]]] == []


def plain(name):
    return re.sub(r"\s", "", name).lower()
