"""Whether two statements of where something stands mean one place, and by what they agree.

Sources state an address in one text, or only a town. Nothing is looked up: a postcode or house
number that two addresses share, and a town that stands in an address, are the evidence.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

from federation.organizations.names import fold

_LIKE_ADDRESS = 85.0
"""Least likeness of two addresses' words, of 100, the numbers apart."""

_NUMBER = re.compile(r"\d+")
_ONE_OF_SEVERAL = re.compile(r"\b(?:unit|fto|cto|block [a-z0-9]|plant [a-z0-9]+)\b")
_SHORTEST_TOWN = 4
"""Letters; shorter words stand in too many addresses by chance."""


class Agreement(StrEnum):
    """By what two places agree."""

    ADDRESS = "address"
    TOWN = "town in address"


@dataclass(frozen=True, slots=True)
class Place:
    """An address, a town, or neither, folded: small letters, no accents, no punctuation.

    The town is what stands before the first comma of a locality: `Fort Worth, Texas`.
    """

    address: str = ""
    town: str = ""

    @property
    def numbers(self) -> frozenset[str]:
        """Numbers of the address: house, plot and postcode."""
        return frozenset(_NUMBER.findall(self.address))


def read_place(address: str | None, locality: str | None) -> Place:
    """Fold an address, or else a locality; an address without a number proves nothing."""
    folded = fold(address or "")
    if folded:
        return Place(address=folded if _NUMBER.search(folded) else "")
    town = re.sub(r"\d+", " ", fold((locality or "").split(",")[0]))
    return Place(town=" ".join(town.split()))


def agreement(left: Place, right: Place) -> Agreement | None:
    """Say by what two places agree, if they do.

    Two towns prove nothing, nor does a town for an address that is one unit of several.
    """
    if left.address and right.address:
        return Agreement.ADDRESS if _is_same_address(left, right) else None
    for town, address in ((left.town, right.address), (right.town, left.address)):
        is_there = len(town) >= _SHORTEST_TOWN and f" {town} " in f" {address} "
        if is_there and not _ONE_OF_SEVERAL.search(address):
            return Agreement.TOWN
    return None


def _is_same_address(left: Place, right: Place) -> bool:
    """Tell whether one address's numbers are all in the other's, and the words are alike."""
    fewer, more = sorted((left.numbers, right.numbers), key=len)
    if not fewer <= more:
        return False
    return fuzz.token_set_ratio(left.address, right.address) >= _LIKE_ADDRESS
