"""Strengths as sources write them, as exact decimals with UCUM units.

One grammar for all languages: an amount or a range of amounts, and what it is in, such as `500MG`,
`EQ 50MG BASE/5ML`, `0.5-100mCi/ML`, `１％１０ｍＬ１管`, `5밀리그램/정`, `1.1g(55mg/mL)`. What it
does not read stays text and has no value. The words are in `strength_units.py`; start at
`read_strength`.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

import polars as pl

from federation.harmonize.strength_units import DENOMINATORS, MULTIPLES, THINGS, UNITS


@dataclass(frozen=True, slots=True)
class Strength:
    """An amount in UCUM, or a range up to `value_high`, in `per_value` of `per_unit`."""

    value: Decimal
    unit: str
    value_high: Decimal | None = None
    per_value: Decimal | None = None
    per_unit: str | None = None


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NUMBER = r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]+)?|[0-9]*\.?[0-9]+"
_MULTIPLE = _any_of(MULTIPLES)
_UNIT = _any_of(UNITS)
_AMOUNT = (
    rf"(?P<value>{_NUMBER})\s*(?:(?P<low_unit>{_UNIT})?\s*(?:-|~|à)\s*(?P<high>{_NUMBER})\s*)?"
    rf"(?P<multiple>{_MULTIPLE})?\s*(?P<unit>{_UNIT})"
)
_OF_WHAT = r"(?:\s+(?:de\s|d['’]|of\s|base\b)[^/0-9()]*)?"
_PER = (
    rf"(?:\s*/\s*(?P<per>{_NUMBER})?\s*(?P<per_unit>{_any_of(DENOMINATORS)})"
    rf"|\s*約?(?P<in>{_NUMBER})\s*(?P<in_unit>{_any_of(DENOMINATORS)}))"
)
_THING = rf"(?:\s*/?\s*1?\s*(?P<thing>{_any_of(THINGS)}))"

_PLAIN = rf"{_AMOUNT}{_OF_WHAT}(?:{_PER}{_THING}?)?"
_EQUIVALENT = rf"eq\.?\s*((?:{_NUMBER})\s*(?:{_UNIT}))(?:\s+[a-z][a-z ]*)?\s*(/.*)?"
_BRACKET = r"([^()].*?)\s*\(([^()]*)\)"
_WRAPPED = r"\(([^()]+)\)(.*)"
_IN_SO_MUCH = rf"\D*?(?:({_NUMBER})\s*({_any_of(DENOMINATORS)}))중?"
_IN_NAME = (
    rf"(?<![0-9.,:~-])(?:{_NUMBER})\s*(?:{_MULTIPLE})?\s*(?:{_UNIT})(?![a-z])"
    rf"(?:\s*/\s*(?:{_NUMBER})?\s*(?:{_any_of(DENOMINATORS)})(?![a-z]))?"
)
_compiled = cache(re.compile)
"""A pattern, made when it is first used: a gateway that starts uses none."""

_HUNDREDTHS = {"w/v": " g/100 ml", "w/w": " g/100 g", "v/v": " ml/100 ml"}
_VOLUMES = frozenset({"mL", "L", "uL"})
_HUNDRED = Decimal(100)

STRENGTH_FIELDS = {
    "strength_value": "value",
    "strength_value_high": "value_high",
    "strength_unit": "unit",
    "per_value": "per_value",
    "per_unit": "per_unit",
}
"""Field of an ingredient ← field of a strength."""

SCHEMA = pl.Struct(dict.fromkeys(STRENGTH_FIELDS.values(), pl.String))
"""How polars holds a strength: every part as text, decimals in full."""


def strength(text: pl.Expr) -> pl.Expr:
    """Read strengths into a struct of the fields of `Strength`, all text; all null where unread."""
    return text.map_batches(_read_all, return_dtype=SCHEMA)


def strength_fields(read: pl.Expr) -> dict[str, pl.Expr]:
    """Give an ingredient's fields of a strength that is a struct as `strength` makes it."""
    return {field: read.struct.field(part) for field, part in STRENGTH_FIELDS.items()}


def _read_all(texts: pl.Series) -> pl.Series:
    found = {text: as_texts(read_strength(text)) for text in texts.unique() if text is not None}
    return pl.Series(texts.name, [found.get(text) for text in texts], dtype=SCHEMA)


def as_texts(read: Strength | None) -> dict[str, str | None] | None:
    """Write a strength as the struct of `strength`, decimals in full."""
    if read is None:
        return None
    parts = {name: getattr(read, name) for name in STRENGTH_FIELDS.values()}
    return {
        name: f"{part:f}" if isinstance(part, Decimal) else part for name, part in parts.items()
    }


@lru_cache(maxsize=50_000)
def read_strength(text: str) -> Strength | None:
    """Read one strength; None where it is not one amount or range in one thing.

    `EQ 500MG BASE` is 500 mg, of what the words say: they stay in the text. A bracket behind an
    amount may say what that is in (`(100mL중)`, `(55mg/mL)`); any other says the same in other
    words, and is passed over. A percentage of a volume is grams in 100 mL, of a mass grams in 100 g
    (JP General Notices). A denominator without an amount is one.
    """
    return _read(plain_form(text))


def plain_form(text: str) -> str:
    """Unify widths, case, blanks and what the sources' spellings of one thing differ in."""
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    plain = re.sub(r"\bi\.\s?u\.?", "iu", plain).replace("µ", "μ")
    plain = re.sub(r"(?<![a-z])([kmu])?i\.([eu])\b\.?", r"\1i\2", plain)
    plain = re.sub(r"\s*\bper\b\s*", "/", plain)
    for kind, hundredth in _HUNDREDTHS.items():
        plain = re.sub(rf"\s*%\s*\(?{kind}\)?", hundredth, plain)
    return plain


def _read(text: str) -> Strength | None:
    if wrapped := _compiled(_WRAPPED).fullmatch(text):
        text = wrapped[1] + wrapped[2]
    if bracket := _compiled(_BRACKET).fullmatch(text):
        return _with_bracket(_read(bracket[1]), bracket[2])
    if equivalent := _compiled(_EQUIVALENT).fullmatch(text):
        text = equivalent[1] + (equivalent[2] or "")
    found = _compiled(_PLAIN).fullmatch(text)
    return _strength(found) if found else None


def _with_bracket(read: Strength | None, words: str) -> Strength | None:
    if read is None or read.per_unit:
        return read
    inside = _read(words)
    if inside and inside.per_unit:
        return inside
    if (so_much := _compiled(_IN_SO_MUCH).fullmatch(words)) and so_much[1]:
        return _in(read, _number(so_much[1]), DENOMINATORS[so_much[2]])
    return read


def _strength(found: re.Match[str]) -> Strength | None:
    unit, high = found["unit"], found["high"]
    if found["low_unit"] not in {None, unit}:
        return None
    times = MULTIPLES.get(found["multiple"], 1)
    read = Strength(
        _number(found["value"]) * times, UNITS[unit], _number(high) * times if high else None
    )
    holder = found["per_unit"] or found["in_unit"]
    if holder is None:
        return read
    per_unit = DENOMINATORS[holder]
    if per_unit == "cm2" and found["thing"]:  # the size of a patch, not a share of one
        return _in(read, Decimal(1), THINGS[found["thing"]])
    return _in(read, _number(found["per"] or found["in"] or "1"), per_unit)


def _in(read: Strength, per_value: Decimal, per_unit: str) -> Strength:
    if read.unit != "%":
        return Strength(read.value, read.unit, read.value_high, per_value, per_unit)
    if per_unit in THINGS.values():
        return read
    return Strength(
        read.value, "g", read.value_high, _HUNDRED, "mL" if per_unit in _VOLUMES else "g"
    )


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def strengths_in(name: str) -> list[str]:
    """Find the strengths that a product's name holds, each once; a mere volume is none.

    They are written as `plain_form` has it.
    """
    found = dict.fromkeys(
        match[0].strip() for match in _compiled(_IN_NAME).finditer(plain_form(name))
    )
    read = {text: read_strength(text) for text in found}
    return [
        text
        for text, said in read.items()
        if said and not (said.unit in _VOLUMES and said.per_unit is None)
    ]


def parted(text: str | None, count: int, separator: str = ";") -> list[str | None]:
    """Part one text for several ingredients; a text for each, or none for any."""
    parts: list[str | None] = [part.strip() or None for part in (text or "").split(separator)]
    return parts if len(parts) == count else [None] * count
