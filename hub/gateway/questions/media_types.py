"""In which media type an answer goes: what `Accept` asks for, of what the hub gives.

Both types carry the same bytes. `application/json` says nothing by its status, which proxies may
have made; `application/graphql-response+json` is the hub's own word, so its status tells whether
the question was run.

Source: RFC 9110 section 12.5.1; GraphQL over HTTP, "Status Codes".
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from hub.errors import NotAcceptable


class MediaType(StrEnum):
    """What an answer can go as."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"

    def status(self, *, is_result: bool) -> int:
        """Give the status of an answer: of the result of an operation, or of errors before it."""
        return 200 if is_result or self is MediaType.JSON else 400


def accepted(accept: Iterable[str]) -> MediaType:
    """Choose the media type of an answer: JSON where the request leaves it open.

    Args:
        accept: the `Accept` headers of the request.

    Raises:
        NotAcceptable: it takes none of those there are.
    """
    ranges = list(_ranges(accept))
    if not ranges:
        return MediaType.JSON
    plain, graphql = (_liking(ranges, kind) for kind in (MediaType.JSON, MediaType.GRAPHQL))
    if not max(plain, graphql).weight:
        raise NotAcceptable(f"the answer goes as {' or '.join(MediaType)}: accept one of them")
    is_tie = graphql == plain and graphql.closeness == _NAMED
    return MediaType.GRAPHQL if graphql > plain or is_tie else MediaType.JSON


def names(accept: Iterable[str], media_type: str) -> bool:
    """Tell whether a request names a media type among those it takes."""
    return any(kind == media_type and weight for kind, weight in _ranges(accept))


def _ranges(accept: Iterable[str]) -> Iterable[tuple[str, float]]:
    """Read the media ranges and how much each is wanted. Parameters but `q` are left out."""
    for each in ",".join(accept).split(","):
        kind, *parameters = (part.strip().lower() for part in each.split(";"))
        if kind:
            weights = [part[2:] for part in parameters if part.startswith("q=")]
            yield kind, _weight(weights[0]) if weights else 1.0


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


class _Liking(NamedTuple):
    weight: float
    closeness: int


_NAMED = 2
"""How closely a range fits that names a type in full: more than `application/*`, than `*/*`."""


def _liking(ranges: Iterable[tuple[str, float]], kind: MediaType) -> _Liking:
    """Say how much a type is wanted, by the range that fits it most closely."""
    fits = {"*/*": 0, "application/*": 1, str(kind): _NAMED}
    found = [(fits[name], weight) for name, weight in ranges if name in fits]
    closeness, weight = max(found, default=(0, 0.0))
    return _Liking(weight, closeness)
