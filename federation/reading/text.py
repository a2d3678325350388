"""Bytes to text: encodings tried in the order a source is known to use them.

UTF-8 is strict, so a file in another encoding never passes for it. A reader names the encodings
it expects; nothing is guessed from statistics.
"""

from collections.abc import Sequence

from federation.errors import SourceFault

_BOM = "\ufeff"


def decode(content: bytes, encodings: Sequence[str], name: str) -> str:
    """Decode by the first encoding that fits the whole file; a byte order mark is dropped.

    Raises:
        SourceFault: none fits, or the file is empty or holds NUL.
    """
    if not content.strip():
        raise SourceFault(f"`{name}` is empty: ask the member whether its export ran")
    if b"\0" in content:
        raise SourceFault(f"`{name}` holds NUL bytes: it is not a text file")
    for encoding in encodings:
        try:
            return content.decode(encoding).removeprefix(_BOM)
        except UnicodeDecodeError:
            continue
    raise SourceFault(f"`{name}` is in none of the encodings {', '.join(encodings)}")


def decode_lines(content: bytes, encodings: Sequence[str], name: str) -> list[str]:
    """Decode line by line, since some sources mix encodings in one file.

    Lines end at LF or CRLF only; a lone CR or a Unicode separator is text.

    Raises:
        SourceFault: a line fits none of the encodings, or the file is empty or holds NUL.
    """
    try:
        whole = decode(content, encodings[:1], name)
    except SourceFault:
        lines = [
            decode(line, encodings, name) if line.strip() else "" for line in content.split(b"\n")
        ]
        return [line.removesuffix("\r") for line in lines]
    return [line.removesuffix("\r") for line in whole.split("\n")]


def refuse_html(content: bytes, name: str) -> None:
    """Refuse a web page that came in place of a file.

    Raises:
        SourceFault: the body starts as an HTML page does.
    """
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        raise SourceFault(f"`{name}` is a web page, not a file: the source may be down or moved")
