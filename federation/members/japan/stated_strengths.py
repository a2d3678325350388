"""What of 規格 or 規格単位 is a strength: the column says what one price is for.

`５ｍｇ１錠`, `１％１ｇ` state one; `１錠`, `５００ｍＬ１袋`, `１０ｇ１包` a piece or a content. A
product of several substances has one amount for all, if any.
"""

import polars as pl

_UNITS = r"(?:mg|μg|%|単位|bq|meq|モル|jau|[0-9]ir)"
_GRAMS_OF_SUBSTANCE = r"^[0-9.]+g1?(?:錠|カプセル)"
_GRAMS_IN_VIAL = r"^[0-9.]+g(?:[0-9.]+ml)?1(?:瓶|管|筒|キット|バイアル)"


def stated_strength(contents: pl.Expr, category: pl.Expr, substances: pl.Expr) -> pl.Expr:
    """Keep the contents where they state the strength of an only substance; else null.

    A vial's grams are those of the substance in injections (`category`) only. `substances` is the
    list of them.
    """
    plain = contents.str.normalize("NFKC").str.to_lowercase()
    is_strength = (
        plain.str.contains(_UNITS)
        | plain.str.contains(_GRAMS_OF_SUBSTANCE)
        | (plain.str.contains(_GRAMS_IN_VIAL) & category.str.contains("注射"))
    )
    return pl.when(is_strength & (substances.list.len() == 1)).then(contents)
