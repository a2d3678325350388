"""How Korean sources name products and companies, in one place for all Korean feeds."""

import polars as pl

from federation.harmonize.mapping import key_of
from federation.records.declaration import Origin

PRODUCT_SCHEME = "MFDS 품목기준코드"
"""The nine-digit product code, ITEM_SEQ: the join key of all MFDS data."""

COMPANY_SCHEME = "MFDS 업소일련번호"
"""The company serial, ENTP_SEQ."""

PRICE_CODE_SCHEME = "HIRA EDI"
"""The nine-digit price code. The supply lists' EDI_CODE is another thing: the 13-digit KD code."""


def product_key(item_seq: pl.Expr) -> pl.Expr:
    """Key of the product with this ITEM_SEQ."""
    return key_of(Origin.KR, "Product", item_seq)


def company_key(company_serial: pl.Expr) -> pl.Expr:
    """Key of the organisation with this ENTP_SEQ."""
    return key_of(Origin.KR, "Organization", company_serial)
