"""Countries by their names, as European registers write them: English, or one more language.

The names are ISO 3166's in English and in pycountry's translation; what neither has is listed by
the module of the source or language. Capitals, accents and hyphens don't count.
"""

import gettext
from collections.abc import Mapping

import polars as pl
import pycountry


def code_of(text: pl.Expr, codes: Mapping[str, str]) -> pl.Expr:
    """Give the ISO 3166-1 alpha-2 code of a country's name; null for any other text."""
    return _plain(text).replace_strict(codes, default=None, return_dtype=pl.String)


def codes_by_name(language: str | None = None) -> dict[str, str]:
    """List every country's code by its English names and their translations, in plain capitals."""
    spoken = (
        gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        if language
        else gettext.NullTranslations()
    )
    names = [
        (name, country.alpha_2)
        for country in pycountry.countries
        for english in {country.name, getattr(country, "common_name", country.name)}
        for name in (english, spoken.gettext(english))
    ]
    table = pl.DataFrame(names, schema=["name", "code"], orient="row")
    return dict(table.select(_plain(pl.col("name")), "code").iter_rows())


def _plain(text: pl.Expr) -> pl.Expr:
    bare = text.str.normalize("NFD").str.replace_all(r"\p{M}", "")
    return bare.str.to_uppercase().str.replace_all("-", " ", literal=True).str.strip_chars()
