"""Japan: originals and generics (CSV of MHLW's list), and the HOT code master (CSV of MEDIS-DC's).

Both speak of the price list's products. The master joins a product with its own code to the
unified name (統一名収載) that its price is listed under. HOT and JAN codes are invented.
"""

import re
from collections.abc import Iterator

from hub.demo.samples.draw import Draw, gtin13
from hub.demo.samples.japan import ingredient, products, route
from hub.demo.samples.medicines import read_header, read_table
from hub.demo.samples.native_file import EVERYWHERE, NativeFile, Row, csv_writer

GENERIC_COLUMNS = read_header("jp.mhlw_generics")
HOT_COLUMNS = read_header("jp.medis_hot")

PACKS = {"錠": ("ＰＴＰ", "10", "錠", "100", "錠"), "カプセル": ("ＰＴＰ", "10", "Ｃ", "100", "Ｃ")}
"""How what is counted in a 規格単位 is packed; anything else is left open."""


def native_files() -> dict[str, list[NativeFile]]:
    """Compose both feeds."""
    generics = NativeFile(
        "jp/mhlw_generic_info_20260313.csv",
        ("薬価基準収載医薬品コード",),
        csv_writer(GENERIC_COLUMNS, line_end="\n"),
        [dict(zip(GENERIC_COLUMNS, values, strict=True)) for values in _generics()],
    )
    codes = NativeFile(
        "jp/medis_hot9_master_20260228.csv",
        ("個別医薬品コード",),
        csv_writer(HOT_COLUMNS, line_end="\n", header=EVERYWHERE, body=EVERYWHERE),
        list(_codes()),
    )
    return {"jp.mhlw_generics": [generics], "jp.medis_hot": [codes]}


def _generics() -> Iterator[tuple[str, ...]]:
    """Yield every priced product that is taken by mouth."""
    for code, product in sorted(products().items()):
        if product["price"] and route(code) == 0:
            sign = _sign(product)
            yield (
                code,
                ingredient(product),
                product["name"],
                sign,
                _listed(code, product["note"]),
                product["until"],
                "",
                "1" if sign == "★" else "",
                "1" if sign in {"2", "3"} else "",
            )


def _sign(product: dict[str, str]) -> str:
    """Tell an original with generics (2) or without (1) from a generic (3, or ★ if as costly)."""
    if product["brand"]:
        return "2" if product["counterpart"] else "1"
    return {"後発品": "3", "★": "★"}.get(product["generic"] or product["mark"], "")


def _listed(code: str, note: str) -> str:
    """Write the day that the price list's remark names, or else an invented one."""
    found = re.fullmatch(r"R(\d+)\.(\d+)\.(\d+)収載", note)
    if not found:
        return f"{Draw('jp.mhlw_generics', code).day_of(2024):%Y%m%d}"
    year, month, day = map(int, found.groups())
    return f"{2018 + year}{month:02}{day:02}"


def _codes() -> Iterator[Row]:
    """Yield every second product of the supply list."""
    for row in read_table("japan_supply")[::2]:
        code = row["code"]
        product = products()[code]
        listed = product["listed_as"] or code
        if listed != "-":
            yield _hot(code, listed, product)


def _hot(code: str, listed: str, product: dict[str, str]) -> Row:
    draw = Draw("jp.medis_hot", code)
    stem, claim = f"99{draw.digits(5)}", f"6{draw.digits(8)}"
    pack = next((pack for word, pack in PACKS.items() if product["spec"].endswith(word)), ())
    sizes = ("包装形態", "包装単位数", "包装単位単位", "包装総量数", "包装総量単位")
    return dict.fromkeys(HOT_COLUMNS, "") | {
        "基準番号（ＨＯＴ番号）": f"{stem}01" + ("0101" if pack else ""),
        "処方用番号（ＨＯＴ７）": stem,
        "会社識別用番号": "01",
        "調剤用番号": "01" if pack else "",
        "物流用番号": "01" if pack else "",
        "ＪＡＮコード": gtin13(f"4987999{draw.digits(5)}") if pack else "",
        "薬価基準収載医薬品コード": listed,
        "個別医薬品コード": code,
        "レセプト電算処理システムコード（１）": claim,
        "告示名称": products()[listed]["name"],
        "販売名": product["name"],
        "レセプト電算処理システム医薬品名": product["name"],
        "規格単位": product["spec"],
        **dict(zip(sizes, pack, strict=False)),
        "区分": "内注外"[route(code)],
        "製造会社": product["maker"],
        "販売会社": product["maker"],
        "更新区分": "1",
        "更新年月日": "20260227",
    }
