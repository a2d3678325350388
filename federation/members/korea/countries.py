"""Countries as Korean sources write them: `독일`, `중국 홍콩`.

The names are ISO 3166's in pycountry's Korean translation; only what it lacks is listed here.
"""

import gettext

import polars as pl
import pycountry

_ALSO = {
    "대만": "TW",
    "사이프러스": "CY",
    "중국 홍콩": "HK",
    "터키": "TR",
    "호주": "AU",
}


def country_code(text: pl.Expr) -> pl.Expr:
    """Give the ISO 3166-1 alpha-2 code of a country's Korean name; null for any other text."""
    return text.str.strip_chars().replace_strict(_CODES, default=None, return_dtype=pl.String)


def _codes() -> dict[str, str]:
    korean = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["ko"])
    return {
        korean.gettext(country.name): country.alpha_2 for country in pycountry.countries
    } | _ALSO


_CODES = _codes()
