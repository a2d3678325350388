"""Zip archives, member by member, each with a cap on the bytes it may unfold to."""

import io
import zipfile
import zlib
from collections.abc import Sequence

from federation.errors import SourceChanged, SourceFault
from federation.reading.native import Document
from federation.reading.text import refuse_html

MAX_MEMBER_BYTES = 512 * 1024 * 1024
"""Most bytes one archive member may unfold to."""

# A RuntimeError is an encrypted member, or one in an unknown compression.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def unzip(document: Document, names: Sequence[str]) -> dict[str, Document]:
    """Read the named members of an archive; others are not opened.

    Raises:
        SourceFault: not a whole zip file, or a member unfolds beyond the cap.
        SourceChanged: a named member is missing.
    """
    refuse_html(document.content, document.name)
    try:
        with zipfile.ZipFile(io.BytesIO(document.content)) as archive:
            held = {info.filename.rsplit("/", 1)[-1]: info for info in archive.infolist()}
            missing = [name for name in names if name not in held]
            if missing:
                raise SourceChanged(f"`{document.name}` lacks {', '.join(missing)}")
            return {
                name: Document(name, _unfold(archive, held[name]), document.stated_at)
                for name in names
            }
    except _UNREADABLE as error:
        raise SourceFault(f"`{document.name}` is not a whole zip archive: {error}") from error


def _unfold(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:
        content = stream.read(MAX_MEMBER_BYTES + 1)
    if len(content) > MAX_MEMBER_BYTES:
        raise SourceFault(f"`{info.filename}` unfolds to over {MAX_MEMBER_BYTES} bytes")
    return content
