"""Japan: MHLW's supply status list (Excel) and the NHI price list (CSV).

Both are composed of the same products. A product whose price is listed under a unified name
(統一名収載) stands in the supply list under its own code, which the price list doesn't have.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import NativeFile, Row, csv_writer, workbook

TITLE = "医療用医薬品供給状況（令和８年３月18日現在）"
SUPPLY_COLUMNS = read_header("jp.mhlw_supply")
PRICE_COLUMNS = read_header("jp.mhlw_prices")

THERAPEUTIC_CLASSES = {
    "111": "全身麻酔剤",
    "112": "催眠鎮静剤，抗不安剤",
    "113": "抗てんかん剤",
    "114": "解熱鎮痛消炎剤",
    "211": "強心剤",
    "213": "利尿剤",
    "214": "血圧降下剤",
    "217": "血管拡張剤",
    "218": "高脂血症用剤",
    "225": "気管支拡張剤",
    "232": "消化性潰瘍用剤",
    "239": "その他の消化器官用薬",
    "243": "甲状腺，副甲状腺ホルモン剤",
    "245": "副腎ホルモン剤",
    "249": "その他のホルモン剤（抗ホルモン剤を含む。）",
    "321": "カルシウム剤",
    "322": "無機質製剤",
    "331": "血液代用剤",
    "332": "止血剤",
    "333": "血液凝固阻止剤",
    "339": "その他の血液・体液用薬",
    "396": "糖尿病用剤",
    "399": "他に分類されない代謝性医薬品",
    "429": "その他の腫瘍用薬",
    "611": "主としてグラム陽性菌に作用するもの",
    "613": "主としてグラム陽性・陰性菌に作用するもの",
    "614": "主としてグラム陽性菌，マイコプラズマに作用するもの",
    "615": "主としてグラム陽性・陰性菌，リケッチア，クラミジアに作用するもの",
    "811": "あへんアルカロイド系麻薬",
    "821": "合成麻薬",
}
CATEGORIES = (
    "1：先発品",
    "2：後発品",
    "3：準先発品",
    "4：長期収載品",
    "5：その他医薬品",
    "6：未収載医薬品",
)
STATUSES = (
    "①通常出荷",
    "②限定出荷（自社の事情）",
    "③限定出荷（他社品の影響）",
    "④限定出荷（その他）",
    "⑤供給停止",
)
REASONS = (
    "１．需要増",
    "２．原材料調達上の問題",
    "３．製造トラブル（製造委託を含む）",
    "４．品質トラブル（製造委託を含む）",
    "５．行政処分（製造委託を含む）",
    "６．薬価削除",
    "７．－",
    "８．その他の理由",
)
OUTLOOKS = {"ア": "ア. あり", "イ": "イ. なし", "ウ": "ウ. 未定", "エ": "エ. －"}
VOLUMES = {
    "A": "A．出荷量通常",
    "Aプラス": "Aプラス．出荷量増加",
    "B": "B．出荷量減少",
    "C": "C．出荷停止",
    "D": "D．薬価削除予定",
}
NEW_SINCE = date(2026, 3, 16)


def native_files() -> dict[str, list[NativeFile]]:
    """Compose both feeds."""
    supply = NativeFile(
        "jp/mhlw_supply_status_20260318.xlsx",
        ("⑤YJコード",),
        _supply_workbook,
        [_supply(row, products()[row["code"]]) for row in read_table("japan_supply")],
    )
    prices = NativeFile(
        "jp/mhlw_nhi_price_list_20260313.csv",
        ("薬価基準収載医薬品コード",),
        csv_writer(PRICE_COLUMNS, line_end="\n"),
        list(_prices()),
    )
    return {"jp.mhlw_supply": [supply], "jp.mhlw_prices": [prices]}


def _supply_workbook(rows: Sequence[Row]) -> bytes:
    lines = [[TITLE], SUPPLY_COLUMNS, *([row[name] for name in SUPPLY_COLUMNS] for row in rows)]
    return workbook("供給状況一覧表", lines)


@cache
def products() -> dict[str, dict[str, str]]:
    """Name every Japanese product by its own code."""
    return {row["code"]: row for row in read_table("japan_products")}


def route(code: str) -> int:
    """Tell the route from the code's fifth character: 0 oral, 1 injection, 2 external."""
    return max(int(code[4]) - 1, 0) // 3


def ingredient(product: dict[str, str]) -> str:
    """Name the ingredient of a product, where it is not its medicine's."""
    return product["ingredient"] or medicines()[product["medicine"]].japanese


def _prices() -> Iterator[Row]:
    for code, product in sorted(products().items(), key=lambda item: (route(item[0]), item[0])):
        if product["price"]:
            values = (
                ("内用薬", "注射薬", "外用薬")[route(code)],
                code,
                ingredient(product),
                product["spec"],
                "局" if "局" in product["flags"] else "",
                "麻" if "麻" in product["flags"] else "",
                product["mark"],
                product["name"],
                product["maker"],
                product["generic"],
                product["brand"],
                product["counterpart"],
                product["price"],
                product["until"],
                product["note"],
            )
            yield dict(zip(PRICE_COLUMNS, values, strict=True))


def _supply(row: dict[str, str], product: dict[str, str]) -> Row:
    code = row["code"]
    changed = date.fromisoformat(row["changed"]) if row["changed"] else None
    values = (
        ("1：内用薬", "3：注射薬", "5：外用薬")[route(code)],
        THERAPEUTIC_CLASSES[code[:3]],
        ingredient(product),
        product["spec"],
        code,
        product["name"],
        product["maker"],
        CATEGORIES[int(row["category"]) - 1],
        ("1：対象", "2：対象外")[int(row["basic"]) - 1],
        row["grade"],
        _listed(row["listed"]),
        STATUSES[int(row["status"]) - 1],
        changed,
        REASONS[int(row["reason"]) - 1],
        OUTLOOKS[row["outlook"]],
        row["until"],
        VOLUMES[row["volume"]],
        row["until"] if row["outlook"] == "ア" else "",
        "",
        changed + timedelta(1) if changed and row["until"] else None,
        "New" if changed and changed >= NEW_SINCE else "",
    )
    return dict(zip(SUPPLY_COLUMNS, values, strict=True))


def _listed(text: str) -> Any:
    """Read a listing day: `d<date>` becomes a date cell, `s<serial>` a bare number."""
    if text[0] == "d":
        return date.fromisoformat(text[1:])
    if text[0] == "s":
        return int(text[1:])
    return "薬価基準未収載"
