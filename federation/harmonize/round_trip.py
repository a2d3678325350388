"""The way back: which native values the mapped records still tell, and which are lost.

A native column is given back where, on every row that states it and becomes a record, a field made
of it holds its value: the very text, a part of a key or of a joined text, the elements of a list,
the words of a date, the same number, or a term that stands for this one word. Personal contact data
is given back nowhere. All that is lost stands in `Feed.lossy`; but for contact data it stays in the
native row that each record keeps. What another feed owns is judged as if this feed spoke alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import PARTIAL_DATE
from federation.harmonize.mapping import Mapping, Repeats
from federation.reading.contacts import without_contacts
from federation.reading.native import ROW, NativeTable
from federation.records.declaration import FieldFacts

_ID = "national_id"
_UNMAPPED = "UNMAPPED"
_SHORT = 3
"""Texts up to this many characters stand in longer ones by chance."""

_FACTS_BY_WORD = StrEnum | bool
"""Kinds of field whose values stand for native words and do not hold them."""


def losses(feed: Feed, native: NativeTable) -> dict[str, float]:
    """Find the native columns that the records do not give back.

    Returns:
        Native column → share of the rows stating it whose value is lost, above 0 up to 1.
    """
    rows = native.rows
    clean = without_contacts(native, feed.contact_columns, feed.code_columns).rows
    found = _rows_by_column(feed, clean)
    recorded = _where(clean, _is_taken(feed.primary))
    lost: dict[str, float] = {}
    for column in rows.drop(ROW).columns:
        stated = recorded & _where(rows, _is_stated(column, rows.schema[column]))
        if column in clean.columns:
            found[column] -= _where(rows, rows[column].ne_missing(clean[column]))
        if missing := stated - found[column]:
            lost[column] = len(missing) / len(stated)
    return lost


def _where(rows: pl.DataFrame, condition: pl.Expr | pl.Series) -> set[int]:
    return set(rows.filter(condition)[ROW])


def _rows_by_column(feed: Feed, rows: pl.DataFrame) -> dict[str, set[int]]:
    """Gather on which rows any field, or a list laid out of it, gives a native column back."""
    found: dict[str, set[int]] = defaultdict(set)
    for mapping in feed.mappings:
        for column, given_back in _given_back(mapping, rows):
            found[column] |= given_back
    for column in rows.columns:
        if f"{column}[]" in rows.columns:
            found[column] |= found[f"{column}[]"] & _laid_out(rows, column)
    return found


def _laid_out(rows: pl.DataFrame, column: str) -> set[int]:
    """Tell on which rows the reader's list `column[]` holds all that the column does."""
    listed = zip(rows[ROW], _plain(rows[f"{column}[]"]), _plain(rows[column]), strict=True)
    return {row for row, parts, text in listed if parts and text and _is_list_of(parts, text)}


def _is_taken(mapping: Mapping) -> pl.Expr:
    """Tell which rows a mapping makes records of."""
    refused = [condition.fill_null(False) for condition in mapping.refuse.values()]
    return mapping.national_id.is_not_null() & ~pl.any_horizontal(pl.lit(False), *refused)


def _given_back(mapping: Mapping, rows: pl.DataFrame) -> Iterator[tuple[str, set[int]]]:
    """Yield native columns with the rows on which one field of the mapping gives them back."""
    source = rows if mapping.where is None else rows.filter(mapping.where.fill_null(False))
    if mapping.explode:
        source = source.explode(mapping.explode, empty_as_null=False)
    facts = {one.name: one for one in mapping.record_type.content_fields}
    expressions = {_ID: mapping.national_id} | dict(mapping.values)
    values = source.select(expression.alias(name) for name, expression in expressions.items())
    is_taken = source.select(_is_taken(mapping)).to_series()
    source, values = source.filter(is_taken), values.filter(is_taken)
    if mapping.repeats is Repeats.FIRST:
        values = values.with_columns(pl.exclude(_ID).first().over(_ID))
    native = {column: _plain(source[column]) for column in mapping.native_columns}
    for name, columns in mapping.lineage().items():
        if name in expressions and columns:
            field = _plain(values[name])
            for column in columns:
                pairs = list(zip(native[column], field, strict=True))
                yield column, _rows_given_back(source[ROW], pairs, facts.get(name))


def _plain(column: pl.Series) -> list[Any]:
    """Give values that compare: texts without outer blanks, the words of dates, frozen lists."""
    if column.dtype == PARTIAL_DATE:
        column = column.struct.field("text")
    if column.dtype == pl.String:
        column = column.str.strip_chars().replace("", None)
    if column.dtype == pl.List(pl.String):
        column = column.list.eval(pl.element().str.strip_chars())
    if isinstance(column.dtype, pl.List):
        return [None if one is None else tuple(one) for one in column.to_list()]
    return column.to_list()


def _rows_given_back(
    rows: pl.Series, pairs: Sequence[tuple[Any, Any]], facts: FieldFacts | None
) -> set[int]:
    """Tell on which rows a field gives its native value back, on all their parts."""
    different = set(pairs)
    if facts is not None and issubclass(facts.python_type, _FACTS_BY_WORD):
        words: dict[Any, int] = defaultdict(int)
        for _, value in different:
            words[value] += 1
        said = {pair for pair in different if words[pair[1]] == 1 and not _is_unmapped(pair[1])}
    else:
        said = {pair for pair in different if _says(facts, *pair)}
    lost = {row for row, pair in zip(rows, pairs, strict=True) if pair not in said}
    return set(rows) - lost


def _is_unmapped(value: Any) -> bool:
    return _UNMAPPED in value if isinstance(value, tuple) else value == _UNMAPPED


def _says(facts: FieldFacts | None, native: Any, value: Any) -> bool:
    """Tell whether a field's value says what the native value does."""
    if native is None or value is None or native == value:
        return native is None or native == value
    if isinstance(value, tuple):
        return _is_list_of(value, native)
    kind = facts.python_type if facts is not None else str
    if isinstance(native, tuple):
        return _is_list_of(native, value)
    if kind in {Decimal, int}:
        return _is_number(str(native), str(value))
    return _is_part(str(native), str(value))


def _is_part(native: str, value: str) -> bool:
    """Tell whether a text is a part of another; a short one only where none of its kind touch it.

    `10` and `mg` are parts of `10mg`, and `1` is none of `10`.
    """
    if len(native) > _SHORT:
        return native in value
    first, last = _touching(native[0]), _touching(native[-1])
    return re.search(rf"(?<!{first}){re.escape(native)}(?!{last})", value) is not None


def _touching(character: str) -> str:
    return r"[\d.,]" if character.isdigit() else r"[^\W\d_]"


def _is_list_of(elements: tuple[Any, ...], whole: Any) -> bool:
    """Tell whether a text, or a list, is these elements with separators between them."""
    text = "\n".join(map(str, whole)) if isinstance(whole, tuple) else str(whole)
    stated = (str(element) for element in elements if element is not None)
    for element in sorted(stated, key=len, reverse=True):
        if element not in text:
            return False
        text = text.replace(element, "", 1)
    return not any(character.isalnum() for character in text)


def _is_number(native: str, value: str) -> bool:
    """Tell whether two texts are one number; a comma is decimal before the last one or two digits.

    Elsewhere it parts thousands.
    """
    plain = re.sub(r",(?=\d{1,2}$)", ".", native).replace(",", "")
    try:
        return Decimal(plain) == Decimal(value)
    except InvalidOperation:
        return False


def _is_stated(column: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List):
        return (pl.col(column).list.len() > 0).fill_null(False)
    return (pl.col(column).cast(pl.String).str.strip_chars() != "").fill_null(False)
