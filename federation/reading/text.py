"""Bytes to text: encodings tried in the order a source is known to use them.

A byte order mark says which encoding it is. UTF-8 is strict, so a file in another encoding never
passes for it. A reader names the encodings it expects; nothing is guessed from statistics.
"""

import codecs
from collections.abc import Iterator, Sequence

from federation.errors import SourceFault

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BOM = "\ufeff"


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
        raise SourceFault(f"`{name}` holds NUL bytes: it is not a text file")
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
        raise SourceFault(f"`{name}` is in none of the encodings {listed}")


def decode(content: bytes, encodings: Sequence[str], name: str) -> str:
    """Decode by the first encoding that fits, as `decodings` does.

    Raises:
        SourceFault: none fits, or the file is empty or holds NUL.
    """
    return next(decodings(content, encodings, name))


def decode_lines(content: bytes, encodings: Sequence[str], name: str) -> list[str]:
    """Decode line by line, since some sources mix encodings in one file.

    Lines end at LF or CRLF, or at CR where the file has no LF; a Unicode separator is text.

    Raises:
        SourceFault: a line fits none of the encodings, or the file is empty or holds NUL.
    """
    try:
        return decode(content, encodings[:1], name).split("\n")
    except SourceFault:
        end = b"\n" if b"\n" in content else b"\r"
        if b"\0" in content:
            raise
        first, *lines = content.split(end)
        first = first.removesuffix(b"\r")
        top = decode(first, encodings, name) if first.strip() else ""  # a mark stands before it
        return [top, *(_decode_line(line.removesuffix(b"\r"), encodings, name) for line in lines)]


def _decode_line(line: bytes, encodings: Sequence[str], name: str) -> str:
    if line.isascii():
        return "" if line.isspace() else line.decode("ascii")
    for encoding in encodings:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceFault(f"`{name}` is in none of the encodings {', '.join(encodings)}")


def refuse_html(content: bytes, name: str) -> None:
    """Refuse a web page that came in place of a file.

    Raises:
        SourceFault: the body starts as an HTML page does.
    """
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        raise SourceFault(f"`{name}` is a web page, not a file: the source may be down or moved")
