"""How a code is explained."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means; `statuses` are the HTTP statuses it comes with, `seen_by` who gets it."""

    statuses: tuple[int, ...]
    seen_by: str
    means: str
    advice: str


Codes = Mapping[str, Code]
