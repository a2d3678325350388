"""JSON objects that bear trust: read in one way only, or not at all.

The standard parser keeps the last of two equal members, takes UTF-16, takes NaN and recurses as
deep as the text asks. Each of these lets a signer and a verifier read two different documents, or
lets an unsigned text end a process. Token headers and claims are read here.
"""

import json
from typing import Never

MAX_OPENINGS = 64
"""Opening brackets in one document. No honest token comes near, and depth can't exceed it."""


def read_object(data: bytes) -> dict[str, object]:
    """Read one JSON object in UTF-8.

    Raises:
        ValueError: not UTF-8, not JSON, not an object, a member twice, NaN or an infinity, or too
            many brackets. The text names no part of the document.

    Source: RFC 8259 section 4, RFC 7515 section 4, RFC 7519 section 4.
    """
    # Brackets are counted before parsing, those inside strings too: an upper bound on the depth
    # that no choice of quotes and escapes can get around.
    if data.count(b"{") + data.count(b"[") > MAX_OPENINGS:
        raise ValueError("too many brackets")
    value = json.loads(
        data.decode("utf-8"), object_pairs_hook=_unique_members, parse_constant=_refuse_constant
    )
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - wrong input, not a wrong call
    return value


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice")
    return members


def _refuse_constant(_name: str) -> Never:
    raise ValueError("not a JSON number")
