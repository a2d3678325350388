"""Korea, HIRA: ceiling prices (Excel), the generic-name codes and the map to the ATC (both CP949).

A price code is one of those that the permission list names in EDI_CODE. Generic-name codes begin
with 99, which HIRA has not given out.
"""

from collections.abc import Iterator
from itertools import groupby

from hub.demo.samples.korea import permits, products
from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import NativeFile, Row, csv_writer, sheet_writer

PRICE_COLUMNS = read_header("kr.hira_prices")
GENERIC_COLUMNS = read_header("kr.hira_ingredients")
ATC_COLUMNS = read_header("kr.hira_atc")


def native_files() -> dict[str, list[NativeFile]]:
    """Compose the three feeds."""
    priced = list(_priced())
    prices = NativeFile(
        "kr/hira_price_ceiling_20260301.xlsx",
        ("제품코드",),
        sheet_writer(f"2026년3월1일_({len(priced)})", PRICE_COLUMNS),
        list(_prices(priced)),
    )
    generics = NativeFile(
        "kr/hira_ingredient_master_20260301.cp949.csv",
        ("일반명코드", "일반명"),
        csv_writer(GENERIC_COLUMNS, line_end="\n", encoding="cp949"),
        [dict(zip(GENERIC_COLUMNS, _generic(row), strict=True)) for row in _generics()],
    )
    atc = NativeFile(
        "kr/hira_atc_map_20260301.cp949.csv",
        ("제품코드",),
        csv_writer(ATC_COLUMNS, line_end="\n", encoding="cp949"),
        list(_atc(priced)),
    )
    return {"kr.hira_prices": [prices], "kr.hira_ingredients": [generics], "kr.hira_atc": [atc]}


def _generics() -> list[dict[str, str]]:
    return read_table("korea_generics")


def _generic(row: dict[str, str]) -> tuple[str, ...]:
    named = (row["code"], row["form_code"], row["form"], row["name"], row["class"])
    return (*named, row["route"], row["amount"], row["unit"])


def _parts() -> dict[str, list[dict[str, str]]]:
    """Group the ingredients by their generic-name code."""
    rows = groupby(_generics(), key=lambda row: row["code"])
    return {code: list(parts) for code, parts in rows}


def _priced() -> Iterator[Row]:
    """Yield the priced products; each with the first of its price codes and its generic's parts."""
    codes = {
        permit["ITEM_SEQ"]: permit["EDI_CODE"].split(",")[0]
        for permit in permits()
        if permit["EDI_CODE"]
    }
    parts = _parts()
    for price in read_table("korea_prices"):
        yield price | {"code": codes[price["seq"]], "parts": parts[price["generic"]]}


def _prices(priced: list[Row]) -> Iterator[Row]:
    """Yield each generic's headings, then its products; all are numbered together."""
    number = 0
    for _, group in groupby(priced, key=lambda price: price["generic"]):
        rows = list(group)
        headings = [(part, _heading(part)) for part in rows[0]["parts"]]
        lines = [_line(part, text) for part, text in headings]
        lines += [_line(price["parts"][0], price["code"]) | _price(price) for price in rows]
        for line in lines:
            number += 1
            yield line | {"연번": number}


def _line(part: dict[str, str], code: str) -> Row:
    return dict.fromkeys(PRICE_COLUMNS, "") | {
        "투여": part["route"],
        "분류": int(part["class"]),
        "주성분코드": part["code"],
        "제품코드": code,
    }


def _heading(part: dict[str, str]) -> str:
    """Write `amoxicillin   0.25g`, or within the bracket where the amount is that of the base."""
    name, amount = part["name"], f"   {part['amount']}{part['unit']}"
    return f"{name[:-1]}{amount})" if name.endswith(")") else name + amount


def _price(price: Row) -> Row:
    product = products()[price["seq"]]
    return {
        "제품명": _named(price),
        "업체명": product["company"],
        "규격": price["size"],
        "단위": price["unit"],
        "상한금액": int(price["price"]) if price["price"].isdigit() else price["price"],
        "전일": product["sale"][:2],
        "비고": price["note"],
    }


def _named(price: Row) -> str:
    """Write the product with what it holds: `…정(와파린나트륨)_(2mg/1정)`."""
    amounts = "/".join(f"{part['amount']}{part['unit'].split('(')[0]}" for part in price["parts"])
    size, _, container = price["unit"].partition("/")
    per = f"{price['size']}{size}" if container else f"1{size}"
    return f"{products()[price['seq']]['name']}_({amounts}/{per})"


def _atc(priced: list[Row]) -> Iterator[Row]:
    for price in priced:
        product = products()[price["seq"]]
        medicine = medicines()[product["medicine"]]
        values = (
            price["parts"][0]["class"],
            price["generic"],
            price["code"],
            _named(price),
            product["company"],
            medicine.atc,
            " and ".join(medicine.american.lower().split("; ")),
        )
        yield dict(zip(ATC_COLUMNS, values, strict=True))
