"""Countries as French registers write them: `PAYS-BAS`, `SUEDE`, `IRELAND`."""

import polars as pl

from federation.members.europe.country_names import code_of, codes_by_name

_ALSO = {"HOLLANDE": "NL", "PAY BAS": "NL", "REPUBLIQUE TCHEQUE": "CZ"}
_CODES = codes_by_name("fr") | _ALSO


def country_code(text: pl.Expr) -> pl.Expr:
    """Give the ISO 3166-1 alpha-2 code of a country's name; null for any other text."""
    return code_of(text, _CODES)
