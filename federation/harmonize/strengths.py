"""Strengths as sources write them: exact decimals and UCUM units of the plain forms.

Plain is one amount with a unit, or one amount in another: `500MG`, `20,000 UNITS/ML`, `1%`,
`EQ 50MG BASE/5ML`, `5 mg/1 mL`. Anything else, a range or a list, stays text and has no value.
"""

import polars as pl

STRENGTH_FIELDS = ("value", "unit", "per_value", "per_unit")

UNITS = {
    "mg": "mg",
    "g": "g",
    "gm": "g",
    "mcg": "ug",
    "ug": "ug",
    "ugm": "ug",
    "ng": "ng",
    "kg": "kg",
    "ml": "mL",
    "l": "L",
    "%": "%",
    "ppm": "[ppm]",
    "meq": "meq",
    "mmol": "mmol",
    "ci": "Ci",
    "mci": "mCi",
    "uci": "uCi",
    "iu": "[iU]",
    "[iu]": "[iU]",
    "usp unit": "[USP'U]",
    "usp units": "[USP'U]",
    "[usp'u]": "[USP'U]",
    "unit": "[arb'U]",  # which unit is meant depends on the substance and is not said
    "units": "[arb'U]",
}
"""Units of amounts, in lower case, as UCUM."""

DENOMINATORS = {
    **{unit: UNITS[unit] for unit in ("ml", "l", "g", "gm")},
    "sq cm": "cm2",
    "hr": "h",
    "h": "h",
    "day": "d",
    "actuation": "{actuation}",
    "activation": "{actuation}",
    "amp": "{ampule}",
    "bot": "{bottle}",
    "cartridge": "{cartridge}",
    "cylinder": "{cylinder}",
    "delivery": "{delivery}",
    "generator": "{generator}",
    "implant": "{implant}",
    "inh": "{inhalation}",
    "kit": "{kit}",
    "packet": "{packet}",
    "patch": "{patch}",
    "pouch": "{pouch}",
    "scoopful": "{scoopful}",
    "spray": "{spray}",
    "teaspoonful": "{teaspoonful}",
    "vial": "{vial}",
}
"""What an amount is in, in lower case, as UCUM; things counted are UCUM annotations.

Not milligrams: `300MG/100MG` is two strengths, not one in the other.
"""


def _any_of(words: dict[str, str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(word.replace("[", r"\[").replace("]", r"\]") for word in longest_first)


_AMOUNT = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]*\.?[0-9]+"
_NUMERATOR = rf"(?:{_AMOUNT})\s*(?:{_any_of(UNITS)})"
_EQUIVALENT = rf"(?i)^eq\.?\s*({_NUMERATOR})(?:\s+[a-z][a-z ]*)?\s*(/.*)?$"
_PLAIN = (
    rf"(?i)^(?<value>{_AMOUNT})\s*(?<unit>{_any_of(UNITS)})"
    rf"(?:\s*/\s*(?<per_value>{_AMOUNT})?\s*(?<per_unit>{_any_of(DENOMINATORS)}))?$"
)


def strength(text: pl.Expr) -> pl.Expr:
    """Read plain strengths into a struct of `STRENGTH_FIELDS`, all text, all null where not plain.

    `EQ 500MG BASE` is 500 mg, of what the words say: they stay in the text. A closing bracket that
    says the same in other units is passed over. A missing denominator amount is 1; without a
    denominator both its parts are null.
    """
    plain = (
        text.str.strip_chars().str.replace(r"\s*\([^()]*\)$", "").str.replace(_EQUIVALENT, "$1$2")
    )
    found = plain.str.extract_groups(_PLAIN).struct
    is_ratio = found.field("per_unit").is_not_null()
    per_value = pl.when(is_ratio).then(_digits(found.field("per_value")).fill_null("1"))
    return pl.struct(
        _digits(found.field("value")).alias("value"),
        _ucum(found.field("unit"), UNITS).alias("unit"),
        per_value.alias("per_value"),
        _ucum(found.field("per_unit"), DENOMINATORS).alias("per_unit"),
    )


def _digits(number: pl.Expr) -> pl.Expr:
    return number.str.replace_all(",", "", literal=True).str.replace(r"^\.", "0.")


def _ucum(unit: pl.Expr, table: dict[str, str]) -> pl.Expr:
    return unit.str.to_lowercase().replace_strict(table, default=None, return_dtype=pl.String)
