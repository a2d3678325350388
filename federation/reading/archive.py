"""Zip archives, member by member, each with a cap on the bytes it may unfold to.

What the directory of an archive says is judged before anything is unfolded. It can lie; then
`zipfile` gives what it says and no more, and refuses that by its checksum.
"""

import io
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from federation.errors import SourceChanged, SourceFault
from federation.reading.native import Document
from federation.reading.text import refuse_html

MAX_MEMBERS = 10_000
"""Most members of an archive."""

MAX_BYTES = 512 * 1024 * 1024
"""Most bytes an archive may unfold to."""

MAX_RATIO = 100
SMALL_BYTES = 1024 * 1024
"""How many times its packed size a member may unfold to, if it is over the second: the members'
files come to 30, and a bomb to a thousand."""

# A RuntimeError is an encrypted member, or one in an unknown compression.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def unzip(document: Document, names: Sequence[str]) -> dict[str, Document]:
    """Read the named members of an archive; others are not opened.

    Raises:
        SourceFault: not a whole zip file, or not one to open: see `unfolded_bytes`.
        SourceChanged: a named member is missing.
    """
    with _opened(document) as archive:
        held = {info.filename.rsplit("/", 1)[-1]: info for info in archive.infolist()}
        missing = [name for name in names if name not in held]
        if missing:
            raise SourceChanged(
                f"`{document.name}` lacks {', '.join(missing)}: ask the member for all"
            )
        return {
            name: Document(name, archive.read(held[name]), document.stated_at) for name in names
        }


def unfolded_bytes(document: Document) -> int:
    """Say how many bytes an archive unfolds to, by its directory.

    Raises:
        SourceFault: not a whole zip file; too many members or bytes; a member that is packed far
            too well, is there twice, is encrypted, is a link, or is named as a place elsewhere.
    """
    with _opened(document) as archive:
        return sum(info.file_size for info in archive.infolist())


@contextmanager
def _opened(document: Document) -> Iterator[zipfile.ZipFile]:
    refuse_html(document.content, document.name)
    try:
        with zipfile.ZipFile(io.BytesIO(document.content)) as archive:
            _judge(archive.infolist(), document.name)
            yield archive
    except _UNREADABLE as error:
        raise SourceFault(
            f"`{document.name}` is not a whole zip archive, {error}: pull again"
        ) from error


def _judge(members: Sequence[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise _refused(name, f"has {len(members)} members, over {MAX_MEMBERS}")
    total = sum(member.file_size for member in members)
    if total > MAX_BYTES:
        raise _refused(name, f"unfolds to {total} bytes, over {MAX_BYTES}")
    (found, times), *_ = Counter(member.filename for member in members).most_common(1) or [("", 0)]
    if times > 1:
        raise _refused(name, f"holds `{found[:100]}` {times} times")
    for member in members:
        _judge_member(member, name)


def _judge_member(member: zipfile.ZipInfo, name: str) -> None:
    size, packed = member.file_size, max(member.compress_size, 1)
    shown = f"`{member.filename[:100]}`"
    if size > SMALL_BYTES and size > MAX_RATIO * packed:
        raise _refused(name, f"unfolds {shown} to {size // packed} times its size")
    if member.flag_bits & 1:
        raise _refused(name, f"holds {shown} encrypted")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _refused(name, f"holds {shown} as a link to another file")
    if member.filename.startswith("/") or ".." in member.filename.replace("\\", "/").split("/"):
        raise _refused(name, f"holds {shown}, which names a place outside of it")


def _refused(name: str, why: str) -> SourceFault:
    return SourceFault(f"`{name}` {why}: ask the member for an archive of the list alone")
