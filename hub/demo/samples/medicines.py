"""The medicines of the sample data, and the tables of facts they are declared in.

`tables/medicines.csv` says of each medicine what all its products at one member share; the other
tables say what products and notices there are. An identifier that a real register also has stands
for that register's product. How rows are composed of these facts is the members' business.
"""

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True, slots=True)
class Medicine:
    """What all products of one medicine share; lists are joined by `;`."""

    key: str
    american: str
    substances: str
    uniis: str
    categories: str
    korean: str
    korean_english: str
    korean_class: str
    japanese: str
    indian_group: str
    atc: str
    german: str


def read_table(name: str) -> list[dict[str, str]]:
    """Read `tables/<name>.csv`, one dictionary per row, every value a text."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_header(feed: str) -> tuple[str, ...]:
    """Name the native columns of a feed in their order, spelled as published."""
    headers: dict[str, list[str]] = tomllib.loads((TABLES / "headers.toml").read_text("utf-8"))
    return tuple(headers[feed])


@cache
def medicines() -> dict[str, Medicine]:
    """Name every medicine by its key, in the order of the table."""
    return {row["key"]: Medicine(**row) for row in read_table("medicines")}
