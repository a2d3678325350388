"""The mapping language: a table of record field ← polars expression over native columns.

From the expressions the hub derives the native columns a feed needs, the lineage of every field
and where a value was lost; nobody writes those down. A feed's module reads as its table.
"""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from federation.errors import DeclarationFault
from federation.reading.native import ROW
from federation.records.declaration import Origin, Record
from federation.records.registry import RECORD_TYPES, RecordType
from federation.vocabularies.crosswalk import SEVERAL, Crosswalk
from federation.vocabularies.dose_forms import DoseForm


class Repeats(StrEnum):
    """What rows with one identity and different contents are."""

    NUMBER = "number"  # the source has no identity of its own: each is a record, numbered
    FIRST = "first"  # a mention or a joined part: the first speaks
    REFUSE = "refuse"  # the identity is the source's own: later rows are quarantined


@dataclass(frozen=True, slots=True)
class SubstanceText:
    """Where a record's substance comes from: its text, and codes of the same row as evidence.

    A curator's decision on a text holds for ingredients alone: other records of the same text keep
    what the resolver says.

    Attributes:
        text: what to resolve.
        unii: an expression of list of text.
        atc: an ATC code of level 5, which answers where there is no text.
    """

    text: pl.Expr = field(default_factory=lambda: pl.lit(None, dtype=pl.String))
    unii: pl.Expr | None = None
    atc: pl.Expr | None = None

    @property
    def expressions(self) -> tuple[pl.Expr, ...]:
        """What the substance is told by."""
        return tuple(one for one in (self.text, self.unii, self.atc) if one is not None)

    @property
    def named_by(self) -> pl.Expr:
        """What the substance stays open without: its text, or the code in its place."""
        return self.text if self.atc is None else pl.coalesce(self.text, self.atc)


@dataclass(frozen=True)
class Mapping:
    """How native rows become records of one type.

    Attributes:
        record: the record type.
        scheme: name of the national identifier's scheme.
        national_id: expression of the identifier; null sends the row to quarantine.
        values: record field ← expression. Every field that can't be null must be there.
        where: which native rows concern this record type; the others are no part of it.
        explode: list columns to turn into a row each before mapping, for parts of a row.
        refuse: reason code → condition under which a row can't become a record.
        conflicts: finding code → condition worth reporting; the record is kept.
        repeats: what rows with one identity and different contents are.
        is_mention: the feed only speaks of the record in passing: it never takes a record over
            from the feed that owns it, and its silence means nothing.
        substance: what to resolve, for a record that has a `substance_key`.
    """

    record: type[Record]
    scheme: str
    national_id: pl.Expr
    values: MappingType[str, pl.Expr]
    where: pl.Expr | None = None
    explode: tuple[str, ...] = ()
    refuse: MappingType[str, pl.Expr] = field(default_factory=dict)
    conflicts: MappingType[str, pl.Expr] = field(default_factory=dict)
    repeats: Repeats = Repeats.REFUSE
    is_mention: bool = False
    substance: SubstanceText | None = None

    def __post_init__(self) -> None:
        """Check the table against the record's declaration.

        Raises:
            DeclarationFault: an unknown field, or one that must be there and is not.
        """
        fields = {facts.name: facts for facts in self.record_type.content_fields}
        unknown = sorted(set(self.values) - set(fields))
        if unknown:
            raise DeclarationFault(
                f"`{self.record_type.name}` has no fields {unknown}: correct the mapping"
            )
        if self.substance is not None:
            self._check_resolves(self.substance)
        filled = self.resolved_fields | self.values.keys()
        missing = [
            name
            for name, facts in fields.items()
            if not (facts.is_nullable or facts.is_list or name in filled)
        ]
        if missing:
            raise DeclarationFault(
                f"a mapping to `{self.record_type.name}` lacks {missing}: add them"
            )

    def _check_resolves(self, substance: SubstanceText) -> None:
        if "substance_key" not in self.resolved_fields:
            raise DeclarationFault(
                f"`{self.record_type.name}` has no `substance_key` to resolve: drop `substance`"
            )
        if substance.atc is not None and "resolution_method" in self.resolved_fields:
            raise DeclarationFault(f"`{self.record_type.name}` is resolved by its text: drop `atc`")

    @property
    def resolved_fields(self) -> frozenset[str]:
        """Fields that the hub fills by resolving: those the record type declares of `RESOLVED`."""
        if self.substance is None:
            return frozenset()
        return RESOLVED & {facts.name for facts in self.record_type.content_fields}

    @property
    def digested_fields(self) -> list[str]:
        """Fields whose change is one of content: a text resolved otherwise is the same text."""
        names = (facts.name for facts in self.record_type.content_fields)
        return [name for name in names if name not in self.resolved_fields]

    @property
    def record_type(self) -> RecordType:
        """The record type's description."""
        return RECORD_TYPES[self.record.__name__]

    @property
    def native_columns(self) -> frozenset[str]:
        """Native columns the mapping reads; a file without one of them is another file."""
        expressions = [self.national_id, *self.values.values()]
        expressions += [*self.refuse.values(), *self.conflicts.values()]
        expressions += [self.where] if self.where is not None else []
        if self.substance is not None:
            expressions += self.substance.expressions
        roots = {name for expression in expressions for name in expression.meta.root_names()}
        return frozenset(roots - {ROW})

    def lineage(self) -> dict[str, tuple[str, ...]]:
        """Native columns behind each record field, derived from the expressions."""
        known = {"national_id": self.national_id, **self.values}
        if self.substance is not None:
            known |= dict.fromkeys(sorted(self.resolved_fields), self.substance.named_by)
        return {
            name: tuple(dict.fromkeys(root for root in expression.meta.root_names() if root != ROW))
            for name, expression in known.items()
        }


RESOLVED = frozenset({"substance_key", "resolution_method", "resolution_confidence"})
"""What a record's substance was resolved to: of the hub's making, not the source's."""


def key_of(origin: Origin, record: str, national_id: pl.Expr) -> pl.Expr:
    """Make the stable key of a record another one refers to; null where the identifier is.

    Such as `KR.Product.195500005`.
    """
    return pl.format(f"{origin}.{record}.{{}}", national_id)


def term(text: pl.Expr, crosswalk: Crosswalk, *broader: pl.Expr) -> pl.Expr:
    """Translate native terms to common ones; a term not listed is unmapped, a blank stays null.

    Where the crosswalk does not list `text`, the texts of `broader` are tried, in their order.
    """
    tries = [_tidy(one) for one in (text, *broader)]
    listed = [one.replace_strict(crosswalk.table, default=None) for one in tries]
    is_blank = pl.all_horizontal(one.fill_null("") == "" for one in tries)
    return pl.when(~is_blank).then(pl.coalesce(*listed, pl.lit(crosswalk.unmapped)))


def terms(texts: pl.Expr, crosswalk: Crosswalk) -> pl.Expr:
    """Translate lists of native terms, each to one or several common ones, none of them twice.

    Null where a list is empty. A blank term is unmapped: `texts` leaves none in.
    """
    found = _tidy(pl.element()).replace_strict(crosswalk.table, default=crosswalk.unmapped)
    joined = texts.list.drop_nulls().list.eval(found).list.join(SEVERAL)
    return pl.when(joined != "").then(joined.str.split(SEVERAL).list.unique(maintain_order=True))


def dose_form(text: pl.Expr, routes: pl.Expr, crosswalk: Crosswalk) -> pl.Expr:
    """Translate a dose form, with its only native route (`solution;oral`) where that is listed."""
    only_route = pl.when(routes.list.len() == 1).then(routes.list.first())
    return term(pl.format("{};{}", text.str.strip_chars(), only_route), crosswalk, text)


def routes(form: pl.Expr, stated: pl.Expr | None = None) -> pl.Expr:
    """Give the common routes a source states; where it states none, those its form implies."""
    implied = form.replace_strict(_IMPLIED, default=None, return_dtype=pl.String).str.split(SEVERAL)
    return implied if stated is None else pl.coalesce(stated, implied)


_IMPLIED = {str(form): SEVERAL.join(form.routes) for form in DoseForm if form.routes}


def _tidy(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().str.to_lowercase()


def always(value: StrEnum | str) -> pl.Expr:
    """State the same value on every row: a fact of the feed, not of a column."""
    return pl.lit(str(value))


def texts(text: pl.Expr, separator: str) -> pl.Expr:
    """Split a text into a list of trimmed, non-empty texts; a blank gives an empty list."""
    parts = text.fill_null("").str.split(separator)
    return parts.list.eval(
        pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != "")
    )
