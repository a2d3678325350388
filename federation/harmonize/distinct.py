"""Expressions over columns of few distinct values, evaluated once for each of those.

A list of a million medicines has a few thousand holders and a few hundred dose forms: what is made
of them alone is the same wherever they stand. Start at `by_distinct`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import polars as pl

MIN_ROWS = 2_000
"""Fewest rows at which looking for equal ones pays."""

MAX_DISTINCT = 0.2
"""Largest share of distinct values among the rows at which it does."""

_PLACE = "_place"

_PARTS: Mapping[str, Sequence[Any]] = {
    "Column": (),
    "Literal": (),
    "Alias": (0,),
    "BinaryExpr": ("left", "right"),
    "Cast": ("expr",),
    "Eval": ("expr",),  # it looks into one row's list
    "Ternary": ("predicate", "truthy", "falsy"),
}
"""Parts of an expression's node that have to be by row for it to be so."""

_WHOLLY_BY_ROW = {
    "AsStruct",
    "Coalesce",
    "FillNull",
    "ListExpr",
    "Replace",
    "ReplaceStrict",
    "StructExpr",
    "TemporalExpr",
}
_BY_ROW = {
    "Boolean": {"AllHorizontal", "AnyHorizontal", "IsIn", "IsNotNull", "IsNull", "Not"},
    "StringExpr": {
        "ConcatHorizontal",
        "Contains",
        "EndsWith",
        "Extract",
        "ExtractAll",
        "Format",
        "LenBytes",
        "LenChars",
        "Lowercase",
        "Normalize",
        "Replace",
        "Slice",
        "Split",
        "SplitExact",
        "StartsWith",
        "StripChars",
        "StripPrefix",
        "StripSuffix",
        "Strptime",
        "Uppercase",
    },
}
"""Functions of polars that make a row's value of that row's values alone."""


def by_distinct(source: pl.DataFrame, columns: Iterable[pl.Expr]) -> list[pl.Expr | pl.Series]:
    """Replace expressions that are to be selected of a table by their values, where that pays."""
    asked = {column.meta.output_name(): column for column in columns}
    if source.height < MIN_ROWS:
        return [*asked.values()]
    roots = {name: _roots(column, source) for name, column in asked.items()}
    done: dict[str, pl.Series] = {}
    for few in _of_few(source, set(roots.values())):
        names = [name for name, own in roots.items() if own and own <= few and name not in done]
        if not names:
            continue
        distinct, places = _distinct(source, sorted(few))
        found = distinct.select(asked[name] for name in names)
        done |= {one.name: one.gather(places) for one in found}
    return [done.get(name, column) for name, column in asked.items()]


def _roots(column: pl.Expr, source: pl.DataFrame) -> frozenset[str]:
    """Name the columns that a value is made of, row by row; none where that is not sure."""
    roots = frozenset(column.meta.root_names())
    if column.meta.is_column() or not all(source.schema[name] == pl.String for name in roots):
        return frozenset()
    return roots if roots and is_by_row(column) else frozenset()


def is_by_row(column: pl.Expr) -> bool:
    """Say whether an expression surely looks at one row at a time.

    What polars itself says of that takes lists' own expressions for unknown.
    """
    try:
        tree = orjson.loads(column.meta.serialize(format="json"))
    except (ModuleNotFoundError, pl.exceptions.PolarsError):  # it calls a function of Python's
        return False
    return _is_by_row(tree)


def _is_by_row(node: Any) -> bool:
    if not isinstance(node, dict) or len(node) != 1:
        return False
    ((kind, parts),) = node.items()
    if kind == "Function":
        return _is_of_one_row(parts["function"]) and all(map(_is_by_row, parts["input"]))
    return kind in _PARTS and all(_is_by_row(parts[name]) for name in _PARTS[kind])


def _is_of_one_row(function: Any) -> bool:
    family, name = next(iter(function.items())) if isinstance(function, dict) else (function, "")
    if isinstance(name, dict):
        name = next(iter(name), "")
    return name in _BY_ROW[family] if family in _BY_ROW else family in _WHOLLY_BY_ROW


def _of_few(source: pl.DataFrame, sets: set[frozenset[str]]) -> Sequence[frozenset[str]]:
    """Give the sets of columns that have few distinct rows, the largest first."""
    single = {name for roots in sets for name in roots}
    most = source.height * MAX_DISTINCT
    counted = {name: source.select(pl.col(name).approx_n_unique()).item() for name in single}
    rare = {name for name, count in counted.items() if count <= most}
    fitting = {roots for roots in sets if roots and roots <= rare}
    return sorted(fitting, key=lambda roots: (-len(roots), sorted(roots)))


def _distinct(source: pl.DataFrame, names: Sequence[str]) -> tuple[pl.DataFrame, pl.Series]:
    """Give the distinct rows of some columns, and which of them each row of the table is."""
    rows = source.select(names)
    distinct = rows.unique(maintain_order=True)
    numbered = distinct.with_row_index(_PLACE)
    places = rows.join(
        numbered, on=list(names), how="left", nulls_equal=True, maintain_order="left"
    )
    return distinct, places[_PLACE]
