"""Strengths as French registers write them: a dose (`15 000 UI`) and what holds it (`un flacon`).

Decimals have a comma, thousands a blank. Both texts are put into the words of
`harmonize.strengths`, which reads them.
"""

import re
from decimal import Decimal
from functools import lru_cache

import polars as pl

from federation.harmonize.strength_units import THINGS
from federation.harmonize.strengths import SCHEMA, Strength, as_texts, plain_form, read_strength

_BLANK_IN_NUMBER = re.compile(r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))")
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_FULL_STOP = re.compile(r"[0-9]\.[0-9]")  # a decimal in English, or a thousand
_REMARK = re.compile(r"\s*(?:\(?(?:pommade|crème) à .*|à la date .*)$")
_TWO_SCALES = re.compile(r"(\d+)\s*ch à (\d+)\s*ch et (\d+)\s*dh à (\d+)\s*dh")
_DILUTION = re.compile(r".*\(.*(?:[cd]h|tm|teinture).*\)")
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_VOLUME = re.compile(rf"(?:.*?[^0-9.])?({_NUMBER}\s*m?l)\b.*")
_THING = "|".join(sorted([*THINGS, "gramme", "g", "cm2"], key=len, reverse=True))
_HOLDER = re.compile(rf"(?:une?\b|({_NUMBER}))\s*({_THING})\b.*")


def french_strength(dose: pl.Expr, reference: pl.Expr) -> pl.Expr:
    """Read a strength into a struct of `SCHEMA`; null unless both texts are read."""
    stated = pl.struct(dose.alias("dose"), reference.alias("reference"))
    return stated.map_batches(_read_all, return_dtype=SCHEMA)


def _read_all(stated: pl.Series) -> pl.Series:
    pairs = [(row["dose"], row["reference"]) for row in stated]
    read = {pair: as_texts(_read(*pair)) for pair in set(pairs) if None not in pair}
    return pl.Series(stated.name, [read.get(pair) for pair in pairs], dtype=SCHEMA)


@lru_cache(maxsize=50_000)
def _read(dose: str, reference: str) -> Strength | None:
    if _FULL_STOP.search(dose):
        return None
    amount, holder = _amount(_plain(dose)), _holder(_plain(reference))
    return read_strength(f"{amount}/{holder}") if amount and holder else None


def _plain(text: str) -> str:
    plain = _BLANK_IN_NUMBER.sub("", plain_form(text))
    return _DECIMAL_COMMA.sub(".", plain).strip(" .")


def _amount(dose: str) -> str | None:
    """Put a dose into one amount or range; the amount of a dilution is none of the substance.

    `2CH à 30CH et 4DH à 60DH` is one range in two scales, of which a step of the first is two of
    the second; ranges that differ stay text.
    """
    amount = _REMARK.sub("", dose)
    if _DILUTION.fullmatch(amount):
        return None
    if scales := _TWO_SCALES.fullmatch(amount):
        low, high, low_x, high_x = map(Decimal, scales.groups())
        return f"{low}ch-{high}ch" if (low * 2, high * 2) == (low_x, high_x) else None
    return amount


def _holder(reference: str) -> str | None:
    """Put a reference into what an amount is in: its volume where it states one, else the thing."""
    if volume := _VOLUME.fullmatch(reference):
        return volume[1]
    found = _HOLDER.fullmatch(reference)
    return f"{found[1] or 1} {found[2]}" if found else None
