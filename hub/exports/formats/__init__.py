"""The formats of bulk files, by the names that callers use."""

from collections.abc import Mapping
from types import MappingProxyType

from hub.exports.formats.comma_separated import join_copy, write_copy, write_csv
from hub.exports.formats.excel import write_excel
from hub.exports.formats.ndjson import join_ndjson, write_ndjson
from hub.exports.formats.parquet import write_parquet
from hub.exports.formats.sheet import Batches, Format, FromText, Sheet
from hub.gateway.export.text import RowText

__all__ = ["FORMATS", "Batches", "Format", "FromText", "Sheet"]

_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            Format(
                "ndjson",
                "ndjson",
                "application/x-ndjson",
                write_ndjson,
                FromText(RowText.JSON, join_ndjson),
            ),
            Format("csv", "csv", "text/csv; charset=utf-8; header=present", write_csv),
            Format(
                "copy",
                "copy",
                "text/csv; charset=utf-8; header=present",
                write_copy,
                FromText(RowText.RECORD, join_copy),
            ),
            Format("parquet", "parquet", "application/vnd.apache.parquet", write_parquet),
            Format("excel", "xlsx", _OFFICE, write_excel),
        )
    }
)
