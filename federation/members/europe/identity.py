"""How European sources name products and companies, in one place for all European feeds."""

import polars as pl

from federation.harmonize.mapping import key_of
from federation.records.declaration import Origin

EMA_SCHEME = "EMA product number"
"""One number a brand, not a pack: `EMEA/H/C/004953`."""

CIS_SCHEME = "BDPM CIS"
"""Code identifiant de spécialité: eight digits, one a French product."""

CIP_SCHEME = "BDPM CIP13"
"""Code identifiant de présentation: thirteen digits, one a French pack."""

ENR_SCHEME = "BfArM ENR"
"""Eingangsnummer: seven digits, one a German product; never the eight of a CIS."""

COMPANY_SCHEME = "company name"
"""Neither EMA nor BDPM numbers companies."""


def product_key(national_id: pl.Expr) -> pl.Expr:
    """Key of the product with this EMA product number, CIS or ENR."""
    return key_of(Origin.EU, "Product", national_id)


def company_key(company: pl.Expr) -> pl.Expr:
    """Key of the organisation with this `company_id`."""
    return key_of(Origin.EU, "Organization", company)


def company_id(name: pl.Expr, country: pl.Expr | None = None) -> pl.Expr:
    """Reduce a European company's name to lower case without punctuation.

    Its legal form stays, since it tells two companies apart: Teva B.V. and Teva GmbH hold different
    authorisations. A source that drops the form may state the country in its stead.
    """
    plain = (
        name.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(".", "", literal=True)
        .str.replace_all(r"[,;:'\"’‘()\[\]/&+\s-]+", " ")
        .str.replace_all(r"\blimited\b", "ltd")
        .str.strip_chars()
    )
    whole = pl.when(plain != "").then(plain)
    if country is None:
        return whole
    return pl.concat_str(whole, pl.format(", {}", country).fill_null(""))


def site_key(site: pl.Expr) -> pl.Expr:
    """Key of the site with this number, or name and place where it has none."""
    return key_of(Origin.EU, "Site", site)
