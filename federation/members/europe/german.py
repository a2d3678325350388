"""How German sources (BfArM) write countries and companies."""

import polars as pl

from federation.members.europe.country_names import code_of, codes_by_name
from federation.members.europe.identity import company_id

_ALSO = {
    "RUSSLAND": "RU",
    "SUDKOREA": "KR",
    "TSCHECHISCHE REPUBLIK": "CZ",
    "USA": "US",
    "VEREINIGTE STAATEN VON AMERIKA": "US",
}
_CODES = codes_by_name("de") | _ALSO


def country_code(text: pl.Expr) -> pl.Expr:
    """Give the ISO 3166-1 alpha-2 code of a country's German name; null for any other text."""
    return code_of(text, _CODES)


def company_name(name: pl.Expr) -> pl.Expr:
    """Give the company of an establishment: its number `(BS 3)` and by-names dropped."""
    return name.str.replace(r"\s*\b(?:HR-)?(?:Beiname|Rechtsform):.*$", "").str.replace(
        r"\s*\(BS \d+\)\s*$", ""
    )


def german_company_id(name: pl.Expr) -> pl.Expr:
    """Reduce a company's name; one spaced out, as `H e x a l  Aktiengesellschaft`, is closed up."""
    spaced = name.str.extract(r"^((?:\p{L} ){3,}\p{L})(?:\s|$)")
    closed = pl.concat_str(
        spaced.str.replace_all(" ", "", literal=True), name.str.strip_prefix(spaced)
    )
    return company_id(pl.coalesce(closed, name))
