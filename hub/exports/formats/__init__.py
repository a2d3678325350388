"""The formats of bulk files, by the names that callers use."""

from collections.abc import Mapping
from types import MappingProxyType

from hub.exports.formats.comma_separated import write_csv
from hub.exports.formats.excel import write_excel
from hub.exports.formats.ndjson import write_ndjson
from hub.exports.formats.parquet import write_parquet
from hub.exports.formats.sheet import Batches, Format, Sheet

__all__ = ["FORMATS", "Batches", "Format", "Sheet"]

_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            Format("ndjson", "ndjson", "application/x-ndjson", write_ndjson),
            Format("csv", "csv", "text/csv; charset=utf-8; header=present", write_csv),
            Format("parquet", "parquet", "application/vnd.apache.parquet", write_parquet),
            Format("excel", "xlsx", _OFFICE, write_excel),
        )
    }
)
