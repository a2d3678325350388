"""NDJSON: each row one line, the very object that GraphQL answers with."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from hub.exports.formats.sheet import Batches, Sheet


def write_ndjson(path: Path, _sheet: Sheet, batches: Batches) -> None:
    """Write rows as lines of JSON, in UTF-8."""
    with path.open("wb") as file:
        for rows in batches:
            file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def join_ndjson(path: Path, _sheet: Sheet, pages: Iterator[bytes]) -> None:
    """Write lines that are JSON already."""
    with path.open("wb") as file:
        file.writelines(pages)
