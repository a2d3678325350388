"""The way back: which native values the mapped records still tell, and which are lost.

A native column is given back where, on every row that states it and becomes a record, a field made
of it holds its value: the very text, a part of a key or of a joined text, an element of a list, the
words of a date, the same number, or a term that stands for this one word. Personal contact data is
given back nowhere. All that is lost stands in `Feed.lossy`; but for contact data it stays in the
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
from federation.records.declaration import FieldFacts, PartialDate

_ID = "national_id"
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
    found: dict[str, set[int]] = defaultdict(set)
    for mapping in feed.mappings:
        for column, given_back in _given_back(mapping, clean):
            found[column] |= given_back
    recorded = set(clean.filter(_is_taken(feed.primary))[ROW])
    lost: dict[str, float] = {}
    for column in rows.columns:
        if column == ROW:
            continue
        stated = recorded & set(rows.filter(_is_stated(column, rows.schema[column]))[ROW])
        if column in clean.columns:
            found[column] -= set(rows.filter(rows[column].ne_missing(clean[column]))[ROW])
        missing = stated - found[column]
        if missing:
            lost[column] = len(missing) / len(stated)
    return lost


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
    """Give values that compare: texts without outer blanks, dates as their words, lists frozen."""
    if column.dtype == PARTIAL_DATE:
        column = column.struct.field("text")
    if column.dtype == pl.String:
        column = column.str.strip_chars().replace("", None)
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
        said = {pair for pair in different if words[pair[1]] == 1}
    else:
        said = {pair for pair in different if _says(facts, *pair)}
    lost = {row for row, pair in zip(rows, pairs, strict=True) if pair not in said}
    return set(rows) - lost


def _says(facts: FieldFacts | None, native: Any, value: Any) -> bool:
    """Tell whether a field's value says what the native value does."""
    if native is None or value is None or native == value:
        return native is None or native == value
    if isinstance(value, tuple):
        return _is_list_of(value, native)
    kind = facts.python_type if facts is not None else str
    if isinstance(native, tuple) or kind is PartialDate:
        return False
    if kind in {Decimal, int}:
        return _is_number(str(native), str(value))
    return _is_part(str(native), str(value))


def _is_part(native: str, value: str) -> bool:
    """Tell whether a text is a part of another; a short one only as a word of its own."""
    if len(native) > _SHORT:
        return native in value
    return re.search(rf"(?<!\w){re.escape(native)}(?!\w)", value) is not None


def _is_list_of(elements: tuple[str, ...], native: Any) -> bool:
    """Tell whether a native text, or list, is these elements with separators between them."""
    text = "\n".join(map(str, native)) if isinstance(native, tuple) else str(native)
    for element in sorted(map(str, elements), key=len, reverse=True):
        if element not in text:
            return False
        text = text.replace(element, "", 1)
    return not any(character.isalnum() for character in text)


def _is_number(native: str, value: str) -> bool:
    try:
        return Decimal(native.replace(",", "")) == Decimal(value)
    except InvalidOperation:
        return False


def _is_stated(column: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List):
        return (pl.col(column).list.len() > 0).fill_null(False)
    return (pl.col(column).cast(pl.String).str.strip_chars() != "").fill_null(False)
