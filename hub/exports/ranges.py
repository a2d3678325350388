"""Which part of a file a request asks for, so that a download that broke off can go on.

Source: RFC 9110 sections 13.1.5 and 14. Of several ranges the whole file is the answer, as allowed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `start` up to, but without, `end`, of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the file."""
        return (self.start, self.end) == (0, self.size)

    @property
    def header(self) -> str:
        """What `Content-Range` says."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def asked_part(headers: Mapping[str, str], size: int, etag: str) -> Part | None:
    """Read which part is asked for; None where the file has no such part.

    A range of another file (`If-Range`) or that is none is no wish for a part.
    """
    whole = Part(0, size, size)
    found = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if found is None or found[0] == "bytes=-" or headers.get("if-range", etag) != etag:
        return whole
    first, last = found.groups()
    if not first:
        start, end = max(size - _number(last), 0), size
    else:
        start, end = _number(first), min(_number(last) + 1, size) if last else size
        if last and _number(last) < start:
            return whole
    return Part(start, end, size) if start < end else None


def _number(digits: str) -> int:
    """Read a number; one too long to be read is past every file's end."""
    return int(digits) if len(digits) < 19 else 10**18
