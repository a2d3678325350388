"""What a source's table looks like, declared once with its feed: its columns and their values.

A table is read by its headers, compared without case, blanks and punctuation. Two things prove
that a header stands over its own values: their shape, and the order of the columns. Where neither
does, the file is held. `federation/reading/table.py` finds the header and asks `Layout.check`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import combinations

import polars as pl
from rapidfuzz import fuzz

from federation.errors import DeclarationFault, SourceChanged
from federation.reading.mojibake import beyond_ascii, refuse_mojibake
from federation.reading.shapes import TEXT, Shape

MIN_JUDGED = 5
"""Fewest values of a column that say anything about its shape, and objects about their order."""

MIN_MET = 0.7
"""Least share of the rows that meet what holds between two columns."""

MIN_ALIKE = 50
"""Least likeness, of 100, at which a new header is named as what a lost one has become."""

_NOT_IN_NAMES = re.compile(r"[\W_]+")


@lru_cache(maxsize=8192)
def normal_form(header: str) -> str:
    """Reduce a header to its letters and digits, in lower case and NFKC."""
    return _NOT_IN_NAMES.sub("", unicodedata.normalize("NFKC", header).casefold())


@dataclass(frozen=True)
class Layout:
    """A table's columns in the source's order, and how its text is written.

    Attributes:
        columns: native column → shape of its values; None for a column that is known and not read.
        aliases: native column → other names under which the source publishes it.
        facts: native column → what nearly every row meets, where two columns have one shape.
        optional: columns that may be missing, and are null then.
        named: gives a header its native column where its words are not stable; None if it has none.
        encodings: tried strictly and in this order, where no byte order mark says which.
        separator: between cells of text.
        is_quoted: whether text quotes its cells.
        has_header: false where columns are known by their place.
    """

    columns: Mapping[str, Shape | None]
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    facts: Mapping[str, pl.Expr] = field(default_factory=dict)
    optional: Sequence[str] = ()
    named: Callable[[str], str | None] | None = None
    encodings: Sequence[str] = ("utf-8",)
    separator: str = ","
    is_quoted: bool = True
    has_header: bool = True

    def __post_init__(self) -> None:
        """Refuse names that would be one to the reader.

        Raises:
            DeclarationFault: two columns or aliases have the same normal form.
        """
        spelled = [*self.columns, *(name for names in self.aliases.values() for name in names)]
        if len({normal_form(name) for name in spelled}) < len(spelled):
            raise DeclarationFault(
                f"two names of {spelled} differ in punctuation alone: rename one"
            )

    @property
    def needed(self) -> list[str]:
        """The columns that must be there."""
        read = (name for name, shape in self.columns.items() if shape is not None)
        return [name for name in read if name not in self.optional]

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {normal_form(name): name for name in self.columns} | {
            normal_form(name): column for column, names in self.aliases.items() for name in names
        }

    def column(self, header: str) -> str:
        """Give a header's native column; one that is not known keeps its own words."""
        known = self.named(header) if self.named else self._names.get(normal_form(header))
        return known or " ".join(header.split())

    def lacking(self, header: Sequence[str]) -> list[str]:
        """List the needed columns that a row of native column names has not."""
        return [name for name in self.needed if name not in header]

    def require(self, header: Sequence[str], name: str) -> None:
        """Demand that every needed column is there, and none twice.

        Raises:
            SourceChanged: one is gone; the message names it, and the new one that may be it.
        """
        named = [column for column in header if column]
        twice = [column for column in dict.fromkeys(named) if named.count(column) > 1]
        if twice:
            raise SourceChanged(
                f"the header of `{name}` names a column twice: `{twice[0]}`; ask the member"
            )
        gone = self.lacking(header)
        if gone:
            listed = ", ".join(f"`{column}`" for column in gone)
            told = "".join(self._told(column, header) for column in gone)
            raise SourceChanged(
                f"`{name}` has no column {listed}: its layout has changed"
                f"{told or '; compare its columns with those of the feed'}"
            )

    def _told(self, gone: str, header: Sequence[str]) -> str:
        """Name the new column that a lost one may have become."""
        new = [name for name in header if name and name not in self.columns]
        alike = max(new, key=lambda name: self._likeness(gone, name, header), default=None)
        if alike is None or self._likeness(gone, alike, header) < MIN_ALIKE:
            return ""
        return (
            f"; `{gone}` is gone and `{alike}`, which looks like it, is new: if they are one, add "
            "it to the feed's aliases"
        )

    def _likeness(self, gone: str, new: str, header: Sequence[str]) -> float:
        """Compare names; one that stands at the lost one's place is as good as its name."""
        order = list(self.columns)
        before = order[order.index(gone) - 1] if order.index(gone) else None
        at = header.index(new)
        is_in_place = (header[at - 1] if at else None) == before
        return max(fuzz.ratio(normal_form(gone), normal_form(new)), 90.0 * is_in_place)

    def check(
        self,
        rows: pl.DataFrame,
        name: str,
        sequences: Mapping[tuple[str, ...], int] | None = None,
    ) -> None:
        """Prove that each header stands over its own values.

        Args:
            rows: by native column, blanks null.
            name: the document's, for the message.
            sequences: the orders in which the columns stand in the document, and how often each;
                that of `rows` alone where it is a table.

        Raises:
            SourceChanged: values have not their column's shape, a missing optional column may be a
                new one, columns changed places that their values don't tell apart, or the text is
                damaged.
        """
        refuse_mojibake(beyond_ascii(rows), name)
        shapes = {c: s for c, s in self.columns.items() if s is not None and c in rows.columns}
        for column, shape in shapes.items():
            _require_shape(column, shape, rows[column], name)
        for column, fact in self.facts.items():
            _require_fact(column, rows.select(fact.drop_nulls()).to_series(), name)
        # A table states its order once, for all its rows; objects each on their own.
        sequences = sequences or {tuple(rows.columns): MIN_JUDGED}
        self._require_no_rename({c for sequence in sequences for c in sequence}, rows, name)
        self._require_order(sequences, rows, name)

    def _require_no_rename(self, stated: set[str], rows: pl.DataFrame, name: str) -> None:
        texts = {c for c, kind in rows.schema.items() if kind == pl.String and rows[c].count()}
        new = sorted(stated & texts - {*self.columns})
        for gone in self.optional:
            shape = self.columns[gone]
            if gone in stated or shape is None:
                continue
            for column in new:
                if not _is_unlike(rows[column], shape):
                    raise SourceChanged(
                        f"the column `{gone}` of `{name}` is gone, and the new `{column}` may be "
                        "it: add it to the feed's aliases or to its columns"
                    )

    def _require_order(
        self, sequences: Mapping[tuple[str, ...], int], rows: pl.DataFrame, name: str
    ) -> None:
        """Hold columns that changed places, unless an exchange of headers would show."""
        place = {column: at for at, column in enumerate(self.columns)}
        turned: Counter[tuple[str, str]] = Counter()
        for sequence, count in sequences.items():
            standing = [column for column in sequence if column in place]
            for one, other in combinations(standing, 2):
                if place[one] < place[other]:
                    turned[one, other] -= count
                else:
                    turned[other, one] += count
        for (one, other), balance in turned.items():
            is_read = self.columns[one] is not None or self.columns[other] is not None
            if balance >= MIN_JUDGED and is_read and not self._tells(one, other, rows):
                raise SourceChanged(
                    f"the columns `{one}` and `{other}` of `{name}` changed places, and their "
                    "values don't tell which is which: compare them with an earlier file, then set "
                    "their order in the feed's layout"
                )

    def _tells(self, one: str, other: str, rows: pl.DataFrame) -> bool:
        """Whether the values under one header could not stand under the other."""
        pairs = ((one, other), (other, one))
        return any(
            _is_unlike(rows[column], self.columns[claimed] or TEXT)
            for column, claimed in pairs
            if column in rows.columns
        )


def _require_fact(column: str, met: pl.Series, name: str) -> None:
    if met.len() >= MIN_JUDGED and met.sum() < MIN_MET * met.len():
        raise SourceChanged(
            f"column `{column}` of `{name}` holds other values than it should: they stand to those "
            f"of other columns as they should in {met.sum()} of {met.len()} rows; columns have "
            "moved: compare them with an earlier file, then mend the feed's layout"
        )


def _is_unlike(values: pl.Series, shape: Shape) -> bool:
    if values.dtype != pl.String or not values.count():
        return False
    return values.count() - len(shape.misfits(values)) < shape.fits * values.count()


def _require_shape(column: str, shape: Shape, values: pl.Series, name: str) -> None:
    if values.dtype != pl.String or values.len() < MIN_JUDGED:
        return
    wrong = f"column `{column}` of `{name}` holds other values than it should"
    if values.count() < shape.stated * values.len():
        raise SourceChanged(
            f"{wrong}: {values.null_count()} of {values.len()} are blank; columns have moved, or it"
            " is another file: compare it with an earlier one"
        )
    if values.count() >= MIN_JUDGED and _is_unlike(values, shape):
        misfits = shape.misfits(values)
        raise SourceChanged(
            f"{wrong}: {len(misfits)} of {values.count()} are not {shape.says}, as "
            f"`{misfits[0][:60]}`; columns have moved, or it is another file: compare it with an "
            "earlier one"
        )
