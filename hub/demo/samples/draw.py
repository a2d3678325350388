"""Invented numbers and dates that are the same on every machine and in every Python.

A draw follows from its name alone, so that a new row changes no other row. Only `Random.random` is
used: it is the one method whose sequence Python promises to keep.
"""

from calendar import isleap
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

Item = TypeVar("Item")


class Draw:
    """A sequence of invented values that belongs to one named row."""

    def __init__(self, *name: str) -> None:
        self._random = Random("/".join(name))

    def below(self, limit: int) -> int:
        """Draw a whole number from 0 up to, not including, `limit`."""
        return int(self._random.random() * limit)

    def one_of(self, items: Sequence[Item]) -> Item:
        """Draw one of the items."""
        return items[self.below(len(items))]

    def digits(self, count: int) -> str:
        """Draw `count` digits, leading zeros included."""
        return f"{self.below(10**count):0{count}}"

    def day_of(self, year: int) -> date:
        """Draw a day of the year."""
        return date(year, 1, 1) + timedelta(self.below(366 if isleap(year) else 365))

    def days_before(self, day: date, least: int, most: int) -> date:
        """Draw a day that lies `least` to `most` days before `day`."""
        return day - timedelta(least + self.below(most - least + 1))

    def uuid(self) -> UUID:
        """Draw a version 4 UUID."""
        return UUID(bytes=bytes(self.below(256) for _ in range(16)), version=4)


def gtin13(stem: str) -> str:
    """Add the check digit to the first twelve digits of a GTIN-13.

    Source: GS1 General Specifications, section 7.9.
    """
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(stem))
    return f"{stem}{-total % 10}"
