"""How Indian sources name products and companies, in one place for all Indian feeds."""

import polars as pl

from federation.harmonize.mapping import key_of
from federation.harmonize.names import company_id
from federation.records.declaration import Origin

PRODUCT_SCHEME = "PMBJP Drug Code"
"""The only public Indian product number: CDSCO publishes no register of authorisations."""

COMPANY_SCHEME = "CDSCO maker's name"
"""No list gives a company number: the reduced name stands for it."""


def product_key(drug_code: pl.Expr) -> pl.Expr:
    """Key of the product with this Drug Code."""
    return key_of(Origin.IN, "Product", drug_code)


def maker_id(name: pl.Expr) -> pl.Expr:
    """Reduce a maker's name, blanks included: sources break words inside names."""
    return company_id(name).str.replace_all(r"\s", "")


def company_key(name: pl.Expr) -> pl.Expr:
    """Key of the organisation of this name."""
    return key_of(Origin.IN, "Organization", maker_id(name))
