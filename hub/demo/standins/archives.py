"""Tables that a member packs into one zip at an address that never changes.

The zip is made of the manifest's files under their native names. Same tables, same bytes: the
`ETag` changes only when a table does.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.demo.standins.files import UNDATED, stated_date, unless_unchanged, validators
from hub.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Archive:
    """One zip of tables at one path; `members` are its names, by a part of the file's own."""

    path: str
    members: Mapping[str, str]

    def route(self, feed: str, files: Sequence[Path]) -> Route:
        """Serve the files as one zip, with validators and conditional GET.

        Raises:
            InvalidInput: a table is missing among the files, or several files are one table.
        """
        tables = {
            name: _only(feed, part, [file for file in files if part in file.name])
            for part, name in self.members.items()
        }
        published_on = stated_date(files[0]) or UNDATED

        def answer(request: Request) -> Response:
            content = _zip(tables, published_on)
            headers = validators(content, published_on)
            response = Response(content, headers=headers, media_type="application/zip")
            return unless_unchanged(request, response)

        return Route(self.path, answer)


def _only(feed: str, part: str, files: Sequence[Path]) -> Path:
    if len(files) != 1:
        raise InvalidInput(f"feed `{feed}` has {len(files)} files named like `{part}`: name one")
    return files[0]


def _zip(tables: Mapping[str, Path], published_on: date) -> bytes:
    packed = io.BytesIO()
    stamp = (published_on.year, published_on.month, published_on.day, 0, 0, 0)
    with ZipFile(packed, "w") as archive:
        for name, file in sorted(tables.items()):
            archive.writestr(ZipInfo(name, stamp), file.read_bytes(), ZIP_DEFLATED)
    return packed.getvalue()
