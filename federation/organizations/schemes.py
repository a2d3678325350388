"""Numbers that organisations and sites are known by, each written `SCHEME:number`."""

import polars as pl

FEI = "FEI"
"""FDA Establishment Identifier, 7 or 10 digits: one a site."""

SPOR_ORGANIZATION = "SPOR-ORG"
"""EMA's Organisation Management Service, ORG-ID."""

SPOR_LOCATION = "SPOR-LOC"
"""EMA's Organisation Management Service, LOC-ID: one a place of an organisation."""

BFARM_ESTABLISHMENT = "BFARM-PU"
"""`pu_nummer` of BfArM's product register: one a site, and stays when the site is renamed."""

MFDS_LICENCE_HOLDER = "MFDS-ENTP"
"""MFDS' company serial, ENTP_SEQ: one a licence, so that a company that makes and imports has
several; its business number tells which belong together."""

KOREAN_BUSINESS = "KR-BRN"
"""Korea's business registration number, one a company. The sources publish it, but the alliance
shows it as the operational field `businessNumber` alone: it is evidence, never an identifier."""

EXCLUSIVE = frozenset(
    {
        FEI,
        SPOR_ORGANIZATION,
        SPOR_LOCATION,
        BFARM_ESTABLISHMENT,
        MFDS_LICENCE_HOLDER,
        KOREAN_BUSINESS,
    }
)
"""Schemes that number a thing once: two numbers are two things, as far as the scheme tells."""


def identifiers(scheme: str, number: pl.Expr) -> pl.Expr:
    """List a number with its scheme; an empty list where the source states none."""
    return pl.concat_list(pl.format(f"{scheme}:{{}}", number.str.strip_chars())).list.drop_nulls()
