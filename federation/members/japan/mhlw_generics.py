"""MHLW's list of which reimbursed medicines are originals and which generics (後発医薬品情報).

It names the same rows as the price list, by the same code. Days come in two notations: 収載年月日
as `yyyymmdd`, 経過措置による使用期限 by era. A remark may announce another sign from a later day:
it takes effect when the ministry's next list shows it, so it stays text, beside its day. This feed
reads a stored conversion of the ministry's Excel file.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.eras import era_date
from federation.harmonize.mapping import Mapping, Repeats, term
from federation.members.japan.identity import PRICE_CODE_SCHEME, price_key, product_key
from federation.reading.file_names import day_in_name
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import COMPACT_DAY, TEXT, Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.generics import GenericStanding
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import GenericStandingKind

STANDING = Crosswalk(
    "jp.mhlw_generics.standing",
    GenericStandingKind,
    1,
    {
        "1": GenericStandingKind.ORIGINAL_WITHOUT_GENERICS,
        "2": GenericStandingKind.ORIGINAL_WITH_GENERICS,
        "☆": GenericStandingKind.ORIGINAL_WITH_GENERICS,  # priced as its generics are, or lower
        "3": GenericStandingKind.GENERIC,
        "★": GenericStandingKind.GENERIC,  # priced as the original is, or higher
    },
)
"""Signs of 各先発医薬品の後発医薬品の有無に関する情報."""

CODE = pl.col("薬価基準収載医薬品コード")
SIGN = pl.col("各先発医薬品の後発医薬品の有無に関する情報")
LISTED = pl.col("収載年月日")
USED_UNTIL = pl.col("経過措置による使用期限")
REMARK = pl.col("備考")
CHANGE = "から.*に変更"  # from the day before these words the sign is another


LAYOUT = Layout(
    {
        "薬価基準収載医薬品コード": Shape(r"[0-9A-Z]{12}", "12 digits and letters"),
        "成分名": None,
        "品名": TEXT,
        "各先発医薬品の後発医薬品の有無に関する情報": Shape(r"[0-9０-９☆★]", "a sign"),
        "収載年月日": COMPACT_DAY,
        "経過措置による使用期限": Shape(r"[MTSHRＭＴＳＨＲ].*まで.*", "a day as R8.3.31まで"),
        "備考": Shape(r".{3,}", "a remark"),
        "診療報酬における加算等の算定対象から除外する品目": Shape(r"[1１]", "a mark"),
        "カットオフ値の計算に含める品目": Shape(r"[1１]", "a mark"),
    },
    encodings=("utf-8", "cp932"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the list. The day it stands for is in the file's name, from midnight UTC."""
    document = documents[0]
    return read_table(document, LAYOUT, stated_at=day_in_name(document.name))


def _is_marked(column: str) -> pl.Expr:
    """Tell whether a product bears a mark: `1` or nothing; any other text is neither."""
    mark = pl.col(column).str.normalize("NFKC").str.strip_chars()
    return (
        pl.when(mark.is_null()).then(pl.lit(value=False)).when(mark == "1").then(pl.lit(value=True))
    )


STATED = Mapping(
    GenericStanding,
    scheme=PRICE_CODE_SCHEME,
    national_id=CODE,
    values={
        "title": pl.col("品名"),
        "standing": term(SIGN.str.normalize("NFKC"), STANDING).fill_null(
            str(GenericStandingKind.NOT_STATED)
        ),
        "native_standing": SIGN,
        "note_text": REMARK,
        "changes_on": pl.when(REMARK.str.contains(CHANGE)).then(era_date(REMARK, CHANGE)),
        "is_counted": _is_marked("カットオフ値の計算に含める品目"),
        "is_excluded_from_premium": _is_marked("診療報酬における加算等の算定対象から除外する品目"),
        "listed_on": day(LISTED, "%Y%m%d"),
        "valid_until": era_date(USED_UNTIL, "まで"),
        "product_key": product_key(CODE),
        "price_ceiling_key": price_key(CODE),
    },
    repeats=Repeats.NUMBER,
)

LOSSY = {
    "成分名": "in the price list",
}

FEED = Feed(
    id="jp.mhlw_generics",
    member=Origin.JP,
    title="MHLW list of originals and generics (各先発医薬品の後発医薬品の有無に関する情報)",
    source=WholeFile(
        "https://raw.githubusercontent.com",
        "/shiro46mt/jp-medicine-master-data/main/data/mhlw_ge/2025/20250716.csv",
    ),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=STATED,
    cron="15 16 * * 1",
)
