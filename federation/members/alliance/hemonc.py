"""HemOnc's vocabulary: cancer drugs, their brands and research codes, and what else it names.

HemOnc.org publishes this part under CC BY: attribute it. Two tables in one zip. A synonym counts as
joined to its concept; one whose concept is not there is rejected.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import always, term
from federation.members.alliance.entries import MONTH, WEEKLY, register_entries
from federation.reading.archive import unzip
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable, RejectedRow
from federation.reading.shapes import TEXT, Shape, digits, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import RegisterEntryKind

TABLES = ("concepts.csv", "synonyms.csv")
SYNONYMS = "synonym_name[]"

KIND = Crosswalk(
    "ref.hemonc.kind",
    RegisterEntryKind,
    1,
    {
        "Component": RegisterEntryKind.SUBSTANCE,
        "Component Class": RegisterEntryKind.SUBSTANCE_CLASS,
        "Brand Name": RegisterEntryKind.BRAND,
        "Condition": RegisterEntryKind.OTHER,
        "Route": RegisterEntryKind.OTHER,
        "Year": RegisterEntryKind.OTHER,
    },
)

CODE = pl.col("concept_code")
NAME = pl.col("concept_name")

CONCEPTS = Layout(
    {
        "concept_name": TEXT,
        "vocabulary_id": None,
        "concept_class_id": one_of(KIND.terms, fits=0.5),
        "concept_code": digits("1,7"),
        "valid_start_date": None,
        "valid_end_date": None,
        "invalid_reason": Shape(r"[A-Z]", "a capital"),
    }
)
SYNONYM_NAMES = Layout(
    {
        "synonym_name": TEXT,
        "synonym_concept_code": digits("1,7"),
        "synonym_vocabulary_id": None,
    }
)
LAYOUTS = (CONCEPTS, SYNONYM_NAMES)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the concepts and lay the synonyms into them."""
    concepts, synonyms = map(read_table, _files(documents), LAYOUTS)
    by_code = synonyms.rows.group_by("synonym_concept_code", maintain_order=True).agg(
        pl.col("synonym_name").drop_nulls().alias(SYNONYMS)
    )
    rows = concepts.rows.join(
        by_code, left_on="concept_code", right_on="synonym_concept_code", how="left"
    ).with_columns(pl.col(SYNONYMS).fill_null([]))
    alone = synonyms.rows.join(
        concepts.rows, left_on="synonym_concept_code", right_on="concept_code", how="anti"
    )
    below = concepts.count
    rejected = [
        *concepts.rejected,
        *(RejectedRow(below + item.row, item.reason, item.text) for item in synonyms.rejected),
        *(
            RejectedRow(below + row, "UNKNOWN_CONCEPT", f"{name},{code}")
            for row, name, code in alone.select(ROW, *SYNONYM_NAMES.needed).iter_rows()
        ),
    ]
    return NativeTable(
        rows, tuple(rejected), concepts.stated_at, joined=synonyms.rows.height - alone.height
    )


def _files(documents: Sequence[Document]) -> Sequence[Document]:
    """Give the concepts and the synonyms, which come as two files or packed in one zip."""
    if len(documents) == len(TABLES):
        return documents
    unpacked = unzip(documents[0], TABLES)
    return [unpacked[name] for name in TABLES]


LOSSY = {
    "vocabulary_id": "the same on all rows",
    "concept_class_id": "several words for `OTHER`",
    "valid_start_date": "life of a concept",
    "valid_end_date": "life of a concept",
    "invalid_reason": "life of a concept; withdrawn ones are reported",
}

FEED = Feed(
    id="ref.hemonc",
    member=Origin.ALLIANCE,
    title="HemOnc vocabulary of cancer drugs",
    source=WholeFile("https://dataverse.harvard.edu", "/dataverse/HemOnc"),
    read=read,
    layouts=LAYOUTS,
    lossy=LOSSY,
    primary=register_entries(
        "hemonc",
        "HemOnc concept code",
        CODE,
        {
            "name": NAME,
            "other_names": pl.col(SYNONYMS),
            "kind": term(pl.col("concept_class_id"), KIND),
            "language": always("en"),
        },
        conflicts={"WITHDRAWN_CONCEPT": pl.col("invalid_reason").is_not_null()},
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=("concept_name", "concept_code"),
)
