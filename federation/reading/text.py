"""Bytes to text: encodings tried in the order a source is known to use them.

A byte order mark says which encoding it is. UTF-8 is strict, so a file in another encoding never
passes for it. A reader names the encodings it expects; nothing is guessed from statistics.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from federation.errors import SourceFault

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BOM = "\ufeff"

_BLOCK_BYTES = 1024 * 1024
"""How much is decoded at once where lines have encodings of their own."""

_BLANK_LINE = re.compile(r"\n[ \t\r\v\f]+(?=\n|\Z)")
"""It begins at the end of the line before: that is found a hundred times faster than a start."""


def decodings(content: bytes, encodings: Sequence[str], name: str) -> Iterator[str]:
    r"""Decode by each encoding that fits the whole file; its lines end at `\n`.

    A byte order mark is dropped. A lone CR is text unless the file has no other line end.

    Raises:
        SourceFault: none fits, or the file is empty or holds NUL.
    """
    if not content.strip():
        raise SourceFault(f"`{name}` is empty: ask the member whether its export ran")
    marked = [encoding for mark, encoding in _MARKS.items() if content.startswith(mark)]
    if b"\0" in content and marked != ["utf-16"]:
        raise SourceFault(f"`{name}` holds NUL bytes: have it saved as a text file")
    is_any = False
    for encoding in marked or encodings:
        try:
            text = content.decode(encoding).removeprefix(_BOM).replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
        is_any = True
        yield text if "\n" in text else text.replace("\r", "\n")
    if not is_any:
        listed = ", ".join(marked or encodings)
        raise SourceFault(f"`{name}` is in none of the encodings {listed}: ask the member")


def decode(content: bytes, encodings: Sequence[str], name: str) -> str:
    """Decode by the first encoding that fits, as `decodings` does.

    Raises:
        SourceFault: none fits, or the file is empty or holds NUL.
    """
    return next(decodings(content, encodings, name))


def decode_by_line(content: bytes, encodings: Sequence[str], name: str) -> str:
    r"""Decode line by line, since some sources mix encodings in one file.

    Lines end at LF or CRLF, or at CR where the file has no LF, and in the text at `\n`; a Unicode
    separator is text. The encodings extend ASCII.

    Raises:
        SourceFault: a line fits none of the encodings, or the file is empty or holds NUL.
    """
    try:
        return decode(content, encodings[:1], name)
    except SourceFault:
        if b"\0" in content:
            raise
    end = b"\n" if b"\n" in content else b"\r"
    length = content.find(end) if end in content else len(content)
    first = content[:length].removesuffix(b"\r")
    top = decode(first, encodings, name) if first.strip() else ""  # a mark stands before it
    blocks = _blocks(content, length + 1, end)
    return "\n".join([top, *(_decode_block(block, end, encodings, name) for block in blocks)])


def _blocks(content: bytes, start: int, end: bytes) -> Iterator[bytes]:
    """Part bytes at line ends, from a line's start on."""
    while start <= len(content):
        stop = content.find(end, start + _BLOCK_BYTES)
        stop = len(content) if stop < 0 else stop
        yield content[start:stop]
        start = stop + 1


def _decode_block(block: bytes, end: bytes, encodings: Sequence[str], name: str) -> str:
    """Decode lines one by one, or at once where all that are not ASCII have the same encoding."""
    # All that is UTF-8 in it is ASCII, so any other line is in another encoding.
    if encodings[0] == "utf-8" and end == b"\n" and block.decode("utf-8", "ignore").isascii():
        for encoding in encodings[1:2]:
            with suppress(UnicodeDecodeError):
                text = block.decode(encoding).replace("\r\n", "\n").removesuffix("\r")
                return _BLANK_LINE.sub("\n", f"\n{text}")[1:]
    lines = (line.removesuffix(b"\r") for line in block.split(end))
    return "\n".join(_decode_line(line, encodings, name) for line in lines)


def _decode_line(line: bytes, encodings: Sequence[str], name: str) -> str:
    if line.isascii():
        return "" if line.isspace() else line.decode("ascii")
    for encoding in encodings:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceFault(
        f"`{name}` is in none of the encodings {', '.join(encodings)}: ask the member"
    )


def refuse_html(content: bytes, name: str) -> None:
    """Refuse a web page that came in place of a file.

    Raises:
        SourceFault: the body starts as an HTML page does.
    """
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        raise SourceFault(f"`{name}` is a web page, not a file: see if the source is down or moved")
