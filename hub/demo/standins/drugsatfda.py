"""Drugs@FDA: one zip of tab-separated tables behind a download link that never changes.

The zip is made of the manifest's four files under their native names. Same tables, same bytes: the
`ETag` changes only when a table does. The real zip holds more tables, which no feed reads yet.
"""

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.demo.standins.files import UNDATED, stated_date, unless_unchanged, validators
from hub.errors import InvalidInput

FEED = "us.drugsatfda"

# INVARIANT: a name stands before the names it contains, or its file would be taken for theirs.
_TABLES = ("MarketingStatus_Lookup", "MarketingStatus", "Applications", "Products")


def routes(files: Sequence[Path]) -> list[Route]:
    """Serve the tables as one zip.

    Raises:
        InvalidInput: a table is missing among the files, or a file is none of the tables.
    """
    tables = _tables(files)
    published_on = stated_date(files[0]) or UNDATED

    def answer(request: Request) -> Response:
        content = _zip(tables, published_on)
        headers = validators(content, published_on)
        name = f"drugsatfda{published_on:%Y%m%d}.zip"
        headers["content-disposition"] = f'attachment; filename="{name}"'
        response = Response(content, headers=headers, media_type="application/zip")
        return unless_unchanged(request, response)

    return [Route("/media/89850/download", answer)]


def _tables(files: Sequence[Path]) -> dict[str, Path]:
    tables = {}
    for file in files:
        table = next((name for name in _TABLES if name in file.name), None)
        if table is None:
            raise InvalidInput(f"feed `{FEED}`: `{file.name}` names none of its tables: rename it")
        tables[table] = file
    missing = [name for name in _TABLES if name not in tables]
    if missing:
        raise InvalidInput(f"feed `{FEED}` lacks its tables {', '.join(missing)}; name all four")
    return tables


def _zip(tables: dict[str, Path], published_on: date) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for table in sorted(tables):
            stamp = (published_on.year, published_on.month, published_on.day, 0, 0, 0)
            member = ZipInfo(f"{table}.txt", stamp)
            archive.writestr(member, tables[table].read_bytes(), ZIP_DEFLATED)
    return packed.getvalue()
