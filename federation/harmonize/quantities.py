"""Quantities and prices, and the bands for quantities that an owner shares no exact figure of."""

import polars as pl

from federation.vocabularies.terms import AmountStatus

_WHOLE = r"(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})"
"""A whole number, also in groups: `1,234,567`, or `12,34,567` as India writes it."""


def band(quantity: pl.Expr) -> pl.Expr:
    """Give the band of one power of ten: `0`, `1-9`, `10-99`, `100-999` and so on.

    Args:
        quantity: text of a whole or decimal number, not negative; anything else gives null. Below
            one the band is `0-1`.
    """
    number = quantity.str.extract(r"^0*(\d+(?:\.\d+)?)$")
    digits = number.str.extract(r"^(\d+)").str.len_chars()
    nines = pl.lit("9").repeat_by(digits).list.join("")
    ones = pl.concat_str(pl.lit("1"), pl.lit("0").repeat_by(digits - 1).list.join(""))
    amount = number.cast(pl.Float64)
    return (
        pl.when(amount == 0)
        .then(pl.lit("0"))
        .when(amount < 1)
        .then(pl.lit("0-1"))
        .otherwise(pl.concat_str(ones, pl.lit("-"), nines))
    )


def plain_amount(text: pl.Expr) -> pl.Expr:
    """Give a plain decimal number as text, exactly; null for anything else.

    Commas may part the digits before the point, by threes or as in lakhs and crores; `1,5` is null,
    for it may mean a decimal.
    """
    return text.str.extract(rf"^\s*({_WHOLE}(?:\.\d+)?)\s*$").str.replace_all(",", "", literal=True)


def price_status(text: pl.Expr) -> pl.Expr:
    """Say whether a price is stated: null was not published, what is no number is unmapped."""
    return (
        pl.when(text.is_null())
        .then(pl.lit(str(AmountStatus.NOT_PUBLISHED)))
        .when(plain_amount(text).is_null())
        .then(pl.lit(str(AmountStatus.UNMAPPED)))
        .otherwise(pl.lit(str(AmountStatus.STATED)))
    )
