"""How FDA sources name products and companies, in one place for all US feeds."""

import polars as pl

from federation.harmonize import names
from federation.harmonize.mapping import key_of
from federation.records.declaration import Origin

PRODUCT_SCHEME = "NDC"
"""Labeler and product segments of the National Drug Code, as the labeler writes them."""

APPLICATION_SCHEME = "FDA application/product"
"""ApplNo and ProductNo of Drugs@FDA, which knows no NDC."""

PACKAGE_SCHEME = "NDC-11"
"""The whole National Drug Code, padded to eleven digits."""

COMPANY_SCHEME = "company name, reduced"
"""Neither openFDA nor Drugs@FDA numbers its companies."""

_OWNER = r"(?i),? an? [^,]+ company$"
"""What a company says of its owner: `Hospira, Inc., a Pfizer Company`."""


def company_id(name: pl.Expr) -> pl.Expr:
    """Reduce a company's own name to an identifier; what it says of its owner is left out."""
    return names.company_id(name.str.strip_chars().str.replace(_OWNER, ""))


def company_key(name: pl.Expr) -> pl.Expr:
    """Key of the organisation of this name."""
    return key_of(Origin.US, "Organization", company_id(name))


def product_key(product_id: pl.Expr) -> pl.Expr:
    """Key of the product with this product NDC, or this application and product number."""
    return key_of(Origin.US, "Product", product_id)
