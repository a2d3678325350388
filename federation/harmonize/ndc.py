"""US National Drug Codes: the ten digits in their three shapes, and NDC-11, which joins them.

A package code is labeler-product-package. Each shape is padded in another segment, so a code of
ten digits without its dashes could be any of three and is refused.
Source: 21 CFR 207.33; 45 CFR 162.1002 for the 5-4-2 form.
"""

import polars as pl

_SHAPES = r"^(?:[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-(?:[0-9]{3}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}))$"
_WIDTHS = (5, 4, 2)


def ndc11(text: pl.Expr) -> pl.Expr:
    """Give a package code as eleven digits without dashes; null where that can't be told.

    Eleven digits, with or without dashes, are in that form already.
    """
    tidy = text.str.strip_chars()
    segments = tidy.str.split("-")
    padded = [
        segments.list.get(position, null_on_oob=True).str.zfill(width)
        for position, width in enumerate(_WIDTHS)
    ]
    return (
        pl.when(tidy.str.contains(_SHAPES))
        .then(pl.concat_str(padded))
        .when(tidy.str.contains(r"^[0-9]{11}$"))
        .then(tidy)
    )


def product_ndc(text: pl.Expr) -> pl.Expr:
    """Give the labeler-product part of a dashed package code, as written; null for another form."""
    tidy = text.str.strip_chars()
    return pl.when(tidy.str.contains(_SHAPES)).then(tidy.str.extract(r"^([0-9]+-[0-9]+)-"))
