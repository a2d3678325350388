"""Countries as French registers write them: `PAYS-BAS`, `SUEDE`, `IRELAND`.

The names are ISO 3166's in English and in pycountry's French translation; only what neither has is
listed here. Capitals, accents and hyphens don't count.
"""

import gettext

import polars as pl
import pycountry

_ALSO = {"HOLLANDE": "NL", "PAY BAS": "NL", "REPUBLIQUE TCHEQUE": "CZ"}


def country_code(text: pl.Expr) -> pl.Expr:
    """Give the ISO 3166-1 alpha-2 code of a country's name; null for any other text."""
    return _plain(text).replace_strict(_CODES, default=None, return_dtype=pl.String)


def _plain(text: pl.Expr) -> pl.Expr:
    bare = text.str.normalize("NFD").str.replace_all(r"\p{M}", "")
    return bare.str.to_uppercase().str.replace_all("-", " ", literal=True).str.strip_chars()


def _codes() -> dict[str, str]:
    french = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["fr"])
    names = [
        (name, country.alpha_2)
        for country in pycountry.countries
        for english in {country.name, getattr(country, "common_name", country.name)}
        for name in (english, french.gettext(english))
    ]
    table = pl.DataFrame(names, schema=["name", "code"], orient="row")
    return dict(table.select(_plain(pl.col("name")), "code").iter_rows()) | _ALSO


_CODES = _codes()
