"""Carry a feed's mappings out: native rows to records, quarantine, findings and quality.

For every feed `rows = records + quarantined + merged` holds, where records are those of the
primary type. A record that comes along (a holder, an ingredient) never costs its row: where it
can't be made, that is a finding.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from enum import StrEnum

import polars as pl

from federation.errors import SourceChanged
from federation.feed import Feed
from federation.harmonize.dates import PARTIAL_DATE
from federation.harmonize.digests import content_digests, content_texts
from federation.harmonize.distinct import by_distinct
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText
from federation.reading.contacts import without_contacts
from federation.reading.native import ROW, NativeTable
from federation.records.declaration import FieldFacts, PartialDate
from federation.substances.register import substance_key
from federation.substances.resolver import Resolver

_ID = "national_id"
_NATIVE = pl.col("native").struct.json_encode()
_UNMAPPED = "UNMAPPED"


@dataclass(frozen=True, slots=True)
class FieldQuality:
    """How one record field fared in one pull.

    `filled` rows have a value; `defects` had native text and have none (a date without bounds
    counts as none); `unmapped` had a native term with no common one.
    """

    record_type: str
    field: str
    native_columns: tuple[str, ...]
    rows: int
    filled: int
    defects: int
    unmapped: int

    def percent(self, count: int) -> float:
        """Give a count's share of the rows, in percent to one place; of no rows it is 0."""
        return round(100 * count / self.rows, 1) if self.rows else 0.0

    def plus(self, other: "FieldQuality") -> "FieldQuality":
        """Add another mapping's figures for the same field."""
        return replace(
            self,
            native_columns=tuple(dict.fromkeys((*self.native_columns, *other.native_columns))),
            rows=self.rows + other.rows,
            filled=self.filled + other.filled,
            defects=self.defects + other.defects,
            unmapped=self.unmapped + other.unmapped,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one type, ready to merge.

    `frame` columns: `key`, `national_id`, `native_row`, `native` (a struct), and the record's
    content fields in their Python types' polars form.
    """

    mapping: Mapping
    frame: pl.DataFrame


def with_digests(batch: Batch) -> Batch:
    """Add `content_digest`, in hexadecimal: it takes longer than mapping, and few need it."""
    digests = content_digests(batch.frame, batch.mapping.digested_fields)
    return replace(batch, frame=batch.frame.with_columns(digests))


@dataclass(frozen=True, slots=True)
class Harmonized:
    """All that one pull's native rows came to.

    `quarantined` columns: `native_row`, `reason` (a code of `harmonize.reasons`), `native` (JSON
    text), `national_id` (null where the row tells none).
    `findings` columns: `native_row`, `record_type`, `code`, `native` (JSON text).
    `withdrawn` are keys of the primary type that the source takes back; `merged` counts them.
    """

    rows: int
    records: int
    merged: int
    batches: tuple[Batch, ...]
    quarantined: pl.DataFrame
    findings: pl.DataFrame
    quality: tuple[FieldQuality, ...]
    withdrawn: tuple[str, ...] = ()


def harmonize(feed: Feed, native: NativeTable, resolver: Resolver) -> Harmonized:
    """Map all native rows of one pull.

    Raises:
        SourceChanged: a native column that a mapping reads is not there.
    """
    native = without_contacts(native, feed.contact_columns, feed.code_columns)
    _require_columns(feed, native)
    rows = native.rows.with_columns(pl.struct(pl.exclude(ROW)).alias("native"))
    runs = [_Run(feed, mapping, rows, resolver) for mapping in feed.mappings]
    primary, others = runs[0], runs[1:]
    broken = pl.DataFrame(
        [(item.row, item.reason, item.text) for item in native.rejected],
        schema={"native_row": pl.Int32, "reason": pl.String, "native": pl.String},
        orient="row",
    ).with_columns(
        pl.struct(pl.col("native").alias("text")).struct.json_encode().alias("native"),
        pl.lit(None, dtype=pl.String).alias(_ID),
    )
    quarantined = pl.concat([primary.refused, broken]).sort("native_row")
    findings = [run.findings for run in runs] + [run.refused_as_findings for run in others]
    return Harmonized(
        rows=native.count,
        records=primary.frame.height,
        merged=primary.merged + native.joined + len(native.withdrawn),
        batches=tuple(_batches(runs)),
        quarantined=quarantined,
        findings=pl.concat(findings).sort("native_row"),
        quality=tuple(_quality(runs)),
        withdrawn=tuple(
            f"{feed.member}.{feed.primary.record_type.name}.{one}" for one in native.withdrawn
        ),
    )


def _batches(runs: Sequence["_Run"]) -> Iterator[Batch]:
    """Join what several mappings say of one record type: absence is a matter of all of them."""
    for name in dict.fromkeys(run.mapping.record_type.name for run in runs):
        same = [run for run in runs if run.mapping.record_type.name == name]
        frame = pl.concat([run.frame for run in same])
        if len(same) > 1:
            frame = frame.unique("key", keep="first", maintain_order=True)
        yield Batch(same[0].mapping, frame)


def _quality(runs: Sequence["_Run"]) -> Iterator[FieldQuality]:
    """Add up the figures of a field that several mappings fill."""
    found: dict[tuple[str, str], FieldQuality] = {}
    for one in (quality for run in runs for quality in run.quality):
        before = found.get((one.record_type, one.field))
        found[one.record_type, one.field] = one if before is None else before.plus(one)
    yield from found.values()


def _require_columns(feed: Feed, native: NativeTable) -> None:
    needed = {name for mapping in feed.mappings for name in mapping.native_columns}
    needed |= {name for mapping in feed.mappings for name in mapping.explode}
    missing = sorted(needed - set(native.rows.columns))
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise SourceChanged(
            f"columns {listed} are gone from {feed.id}: ask the member whether they were renamed, "
            "then mend the feed's mapping"
        )


class _Run:
    """One mapping over all rows of one pull."""

    def __init__(
        self, feed: Feed, mapping: Mapping, rows: pl.DataFrame, resolver: Resolver
    ) -> None:
        self.mapping = mapping
        self._type = mapping.record_type
        source = rows if mapping.where is None else rows.filter(mapping.where.fill_null(False))
        if mapping.explode:
            source = source.explode(mapping.explode, empty_as_null=False)
        self._source = source
        mapped = self._evaluate(source)
        if mapping.substance is not None:
            found = _resolved(source, mapping.substance, feed.member, resolver)
            mapped = mapped.hstack(found.select(sorted(mapping.resolved_fields)))
        self.refused, kept = self._refuse(mapped)
        self.findings = self._find()
        kept = self._settle_repeats(kept)
        self.quality = tuple(self._field_quality(mapped))
        key = pl.format(f"{feed.member}.{self._type.name}.{{}}", pl.col(_ID)).alias("key")
        self.frame = kept.with_columns(key)

    @property
    def refused_as_findings(self) -> pl.DataFrame:
        return self.refused.select(
            "native_row",
            pl.lit(self._type.name).alias("record_type"),
            pl.col("reason").alias("code"),
            "native",
        )

    def _evaluate(self, source: pl.DataFrame) -> pl.DataFrame:
        values = self.mapping.values
        columns = [
            _in_form(values.get(facts.name), facts).alias(facts.name)
            for facts in self._type.content_fields
            if facts.name not in self.mapping.resolved_fields
        ]
        text = pl.col(pl.String)
        made = (self.mapping.national_id.cast(pl.String).alias(_ID), *columns)
        mapped = source.select(
            pl.col(ROW).alias("native_row"),
            "native",
            *by_distinct(source, made),
            _reason(self.mapping).alias("_reason"),
        )
        return mapped.with_columns(pl.when(text != "").then(text))  # an empty text is none

    def _refuse(self, mapped: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        never_null = [
            facts.name
            for facts in self._type.content_fields
            if not facts.is_nullable and not facts.is_list
        ]
        reason = pl.coalesce(
            pl.when(pl.col(_ID).is_null()).then(pl.lit("NO_IDENTITY")),
            pl.col("_reason"),
            *(
                pl.when(pl.col(name).is_null()).then(pl.lit(f"MISSING_{name.upper()}"))
                for name in never_null
            ),
        )
        judged = mapped.with_columns(reason.alias("_reason"))
        refused = judged.filter(pl.col("_reason").is_not_null())
        kept = judged.filter(pl.col("_reason").is_null()) if refused.height else judged
        refused = refused.select("native_row", pl.col("_reason").alias("reason"), _NATIVE, _ID)
        return refused, kept.drop("_reason")

    def _find(self) -> pl.DataFrame:
        schema = {"native_row": pl.Int32, "record_type": pl.String, "code": pl.String}
        found = [
            self._source.filter(condition.fill_null(False)).select(
                pl.col(ROW).alias("native_row"),
                pl.lit(self._type.name).alias("record_type"),
                pl.lit(code).alias("code"),
                _NATIVE,
            )
            for code, condition in self.mapping.conflicts.items()
        ]
        return pl.concat([pl.DataFrame(schema=schema | {"native": pl.String}), *found])

    def _settle_repeats(self, kept: pl.DataFrame) -> pl.DataFrame:
        """Merge rows that say the same; number, drop or refuse those that differ."""
        before = kept.height
        if self.mapping.repeats is Repeats.FIRST:
            kept = _firsts(kept, [_ID])
            self.merged = before - kept.height
            return kept
        self.merged = 0
        if kept[_ID].n_unique() == before:
            return kept
        kept = _firsts(kept, [_ID, *self.mapping.digested_fields])
        self.merged = before - kept.height
        if self.mapping.repeats is Repeats.NUMBER:
            kept = self._numbered(kept)
        later = pl.col(_ID).is_duplicated() & ~pl.col(_ID).is_first_distinct()
        clash = kept.filter(later).select(
            "native_row", pl.lit("IDENTITY_TAKEN").alias("reason"), _NATIVE, _ID
        )
        self.refused = pl.concat([self.refused, clash])
        return kept.filter(~later)

    def _numbered(self, kept: pl.DataFrame) -> pl.DataFrame:
        # Numbered by content, not by place, so that a reordered list changes nothing.
        repeated = kept.with_row_index("_at").filter(pl.col(_ID).is_duplicated())
        repeated = repeated.with_columns(content_texts(repeated, self.mapping.digested_fields))
        ordinal = pl.col("content").rank("ordinal").over(_ID)
        numbered = repeated.select("_at", ordinal.alias("_ordinal"))
        suffix = pl.when(pl.col("_ordinal") > 1).then(pl.format("#{}", "_ordinal"))
        return (
            kept.with_row_index("_at")
            .join(numbered, on="_at", how="left", maintain_order="left")
            .with_columns(pl.concat_str(_ID, suffix.otherwise(pl.lit(""))).alias(_ID))
            .drop("_at", "_ordinal")
        )

    def _field_quality(self, mapped: pl.DataFrame) -> list[FieldQuality]:
        lineage = self.mapping.lineage()
        known = [facts for facts in self._type.content_fields if facts.name in lineage]
        schema = self._source.schema
        stated = self._source.select(
            pl.any_horizontal(
                pl.repeat(False, pl.len()),
                *(_is_stated(column, schema[column]) for column in lineage[facts.name]),
            ).alias(facts.name)
            for facts in known
        )
        filled = mapped.select(_is_filled(facts).alias(facts.name) for facts in known)
        terms = [facts for facts in known if issubclass(facts.python_type, StrEnum)]
        found = mapped.select(_is_unmapped(facts).alias(facts.name) for facts in terms)
        unmapped = {one.name: int(one.sum()) for one in found}
        return [
            FieldQuality(
                record_type=self._type.name,
                field=facts.name,
                native_columns=lineage[facts.name],
                rows=mapped.height,
                filled=int(filled[facts.name].sum()),
                defects=int((stated[facts.name] & ~filled[facts.name]).sum()),
                unmapped=unmapped.get(facts.name, 0),
            )
            for facts in known
        ]


def _reason(mapping: Mapping) -> pl.Expr:
    """The first reason of the mapping's own for which a row can't become a record."""
    reasons = [
        pl.when(condition.fill_null(False)).then(pl.lit(code))
        for code, condition in mapping.refuse.items()
    ]
    return pl.coalesce(*reasons) if reasons else pl.lit(None, dtype=pl.String)


def _in_form(expression: pl.Expr | None, facts: FieldFacts) -> pl.Expr:
    """Give a field's values the polars form that the merge stores, null or empty where unmapped."""
    if facts.is_list:
        empty = pl.lit([], dtype=pl.List(pl.String))
        return empty if expression is None else expression.fill_null(empty)
    if expression is None:
        return pl.lit(None, dtype=PARTIAL_DATE if facts.python_type is PartialDate else pl.String)
    if facts.python_type in {PartialDate, bool, int}:
        return expression
    return expression.cast(pl.String)


def _is_filled(facts: FieldFacts) -> pl.Expr:
    column = pl.col(facts.name)
    if facts.is_list:
        return column.list.len() > 0
    if facts.python_type is PartialDate:
        bounds = (column.struct.field("earliest"), column.struct.field("latest"))
        return pl.any_horizontal(*(bound.is_not_null() for bound in bounds))
    return column.is_not_null()


def _is_unmapped(facts: FieldFacts) -> pl.Expr:
    """Tell where a native term, or one of several, has no common one."""
    column = pl.col(facts.name)
    return column.list.contains(_UNMAPPED) if facts.is_list else column == _UNMAPPED


def _is_stated(column: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List):
        return (pl.col(column).list.len() > 0).fill_null(False)
    return pl.col(column).is_not_null()


def _firsts(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Keep the first of the rows that are alike in some columns."""
    return rows.filter(pl.struct(names).is_first_distinct())


_RESOLVED_SCHEMA: MappingType[str, pl.DataType] = {
    "substance_key": pl.String(),
    "resolution_method": pl.String(),
    "resolution_confidence": pl.String(),
}


def _resolved(
    source: pl.DataFrame, substance: SubstanceText, origin: str, resolver: Resolver
) -> pl.DataFrame:
    """Resolve each row's text or code; what is not one known substance stays open.

    Lists repeat their texts several times over: each is resolved once.
    """
    unii = substance.unii if substance.unii is not None else pl.lit([], dtype=pl.List(pl.String))
    atc = substance.atc if substance.atc is not None else pl.lit(None, dtype=pl.String)
    asked = source.select(substance.text.alias("text"), unii.alias("unii"), atc.alias("atc"))
    questions = [(text or "", tuple(codes or ()), code) for text, codes, code in asked.iter_rows()]
    answers = {}
    for text, evidence, code in dict.fromkeys(questions):
        if code and not text:
            answer = resolver.resolve_atc(code)
        else:
            answer = resolver.resolve_single(text, origin, evidence)
        key = substance_key(answer.inn) if answer.inn else None
        answers[text, evidence, code] = (key, answer.method.upper(), f"{answer.confidence:.3f}")
    found = [answers[question] for question in questions]
    return pl.DataFrame(found, schema=dict(_RESOLVED_SCHEMA), orient="row")
