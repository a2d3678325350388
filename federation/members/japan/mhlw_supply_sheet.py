"""MHLW's supply sheet as the ministry publishes it: its header, its columns and its day.

The ministry moves the header row and edits its texts without notice: columns are found by their
stable words (`COLUMNS`), which are the native column names from here on. Full-width text is
unified only to compare it; every original is kept. `mhlw_supply.py` maps the columns. Start at
`read`.
"""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import takewhile

import polars as pl

from federation.harmonize.eras import day_in
from federation.members.japan.identity import ingredient_names
from federation.members.japan.stated_strengths import stated_strength
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape
from federation.reading.table import first_lines, read_table

COLUMNS = {
    "薬剤区分": r"薬剤区分",
    "薬効分類": r"薬効分類",
    "成分名": r"成分名",
    "規格単位": r"規格単位",
    "YJコード": r"YJコード",
    "品名": r"品名",
    "製造販売業者名": r"製造販売(?:業者|会社)名",
    "製品区分": r"製品区分",
    "基礎的医薬品": r"基礎的医薬品",
    "供給確保医薬品": r"(?:供給|安定)確保医薬品",
    "薬価収載年月日": r"薬価収載年月日",
    "出荷対応": r".*出荷対応の状況",
    "出荷対応の更新日": r"(?!.*以外).*情報を更新した日",
    "理由": r".*理由",
    "解消見込み": r".*解消見込み",
    "見込み時期": r".*在庫消尽時期",
    "出荷量": r".*出荷量の(?:現在の)?状況",
    "出荷量の改善時期": r".*出荷量の改善見込み時期",
    "出荷量の改善量": r".*出荷量の改善見込み量",
    "他の更新日": r".*以外の情報を更新した日",
}
"""Native column ← its header text, of which blanks, item numbers, quotes and remarks are taken."""

BASIC, ENSURED = "基礎的医薬品", "供給確保医薬品"

_NOT_IN_HEADERS = re.compile(r"[\s「」①-⑳㉑-㉟]|[（(][^（()）]*[）)]|※.*$")
_NOTHING = r"^\s*(?:[0-9ア-ン]{1,2}\s*[.:]?\s*)?[-ー‐−―–—]\s*$"  # `－`, `７．－`, `エ． ー`
_FILE_DAY = re.compile(r"(?<!\d)(\d{6})iyakuhin")

IS_UPDATED = "更新有無"
"""A column that is known and not read."""


@lru_cache(maxsize=8192)
def _column(header: str) -> str | None:
    """Give the native column that a header's stable words name."""
    stable = unicodedata.normalize("NFKC", _NOT_IN_HEADERS.sub("", header))
    known = {**COLUMNS, IS_UPDATED: rf".*{IS_UPDATED}"}
    return next((name for name, text in known.items() if re.fullmatch(text, stable)), None)


_A_DATE = Shape(r".*[\d０-９].*|.*未収載|[－ー-]", "a date")

LAYOUT = Layout(
    dict.fromkeys(COLUMNS, TEXT)
    | {
        "薬剤区分": Shape(r".*薬.*", "a kind of medicine"),
        "規格単位": Shape(r".*[\d０-９].*|[－ー-]", "a strength"),
        "YJコード": Shape(r"[0-9A-Z０-９Ａ-Ｚ]{12}", "12 digits and letters"),
        "製品区分": Shape(r".*品", "a kind of product"),
        "基礎的医薬品": Shape(r".*対象外?", "on the list or not"),
        "供給確保医薬品": Shape(r"[ABCＡＢＣ].*", "a class"),
        "薬価収載年月日": _A_DATE,
        "出荷対応": Shape(r".*(?:出荷|停止|中止).*", "a state of shipments"),
        "出荷対応の更新日": _A_DATE,
        "理由": Shape(r"[\d０-９].*", "a reason with its number"),
        "解消見込み": Shape(r"[ア-ン].*", "an outlook with its letter"),
        "出荷量": Shape(r"[A-DＡ-Ｄ].*", "a volume with its letter"),
        "他の更新日": _A_DATE,
        IS_UPDATED: None,
    },
    named=_column,
    encodings=("utf-8", "cp932"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the sheet, its columns named by their stable words.

    A dash, alone or behind an item number (`７．－`), is the sheet's word for nothing. Columns that
    hold several facts are laid out, see `_laid_out`.

    Raises:
        SourceChanged: a column is not in the header, or twice.
    """
    native = read_table(documents[0], LAYOUT, stated_at=_stated_at(documents[0]))
    text = pl.col(pl.String)
    is_nothing = text.str.normalize("NFKC").str.contains(_NOTHING)
    rows = native.rows.with_columns(pl.when(is_nothing).then(None).otherwise(text).name.keep())
    return NativeTable(_laid_out(rows), native.rejected, native.stated_at)


def _stated_at(document: Document) -> datetime | None:
    """Take the day from the titles, else from the file's name; it begins at midnight UTC."""
    titles = takewhile(_is_title, first_lines(document, LAYOUT))
    stated: date | None = day_in(" ".join(cell for line in titles for cell in line))
    in_name = _FILE_DAY.search(document.name)
    if stated is None and in_name:
        with suppress(ValueError):
            stated = datetime.strptime(in_name[1], "%y%m%d").replace(tzinfo=UTC).date()
    return datetime.combine(stated, time(), UTC) if stated else None


def _is_title(line: Sequence[str]) -> bool:
    return bool(LAYOUT.lacking([LAYOUT.column(cell) for cell in line]))


def words(text: pl.Expr) -> pl.Expr:
    """Give a choice its words: no item number before them, no remark in brackets behind."""
    return text.str.normalize("NFKC").str.extract(r"^\s*(?:\d+\s*[.:]?\s*)?([^\s(]+)")


def _laid_out(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each fact a column of its own where the sheet has one column for several.

    `成分名[]` lists the ingredients, 含量 is the strength of an only one. 見込み時期 becomes
    解消時期, when supply recovers, or 在庫消尽時期, when stock of a discontinued product runs out.
    不足の更新日 is the status day where supply is short. `リスト[]` and `区分[]` are the essential
    lists and the class on each.
    """
    state, expected = words(pl.col("出荷対応")), pl.col("見込み時期")
    is_ending = (state == "販売中止").fill_null(value=False)
    is_short = state.is_in(["限定出荷", "供給停止"])
    is_basic = ~pl.col(BASIC).str.contains("対象外", literal=True)
    basic, ensured = pl.when(is_basic).then(pl.col(BASIC)), pl.col(ENSURED)
    lists = (
        pl.when(is_basic).then(pl.lit(BASIC)),
        pl.when(ensured.is_not_null()).then(pl.lit(ENSURED)),
    )
    return rows.with_columns(
        ingredient_names(pl.col("成分名")).alias("成分名[]"),
        stated_strength(
            pl.col("規格単位"), pl.col("薬剤区分"), ingredient_names(pl.col("成分名"))
        ).alias("含量"),
        pl.when(is_ending).then(None).otherwise(expected).alias("解消時期"),
        pl.when(is_ending).then(expected).alias("在庫消尽時期"),
        pl.when(is_short).then(pl.col("出荷対応の更新日")).alias("不足の更新日"),
        pl.concat_list(*lists).list.drop_nulls().alias("リスト[]"),
        pl.concat_list(basic, ensured).list.drop_nulls().alias("区分[]"),
    ).drop("見込み時期")
