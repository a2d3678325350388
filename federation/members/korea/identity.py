"""How Korean sources name products, packages and companies, in one place for all Korean feeds."""

import polars as pl

from federation.harmonize.mapping import key_of
from federation.harmonize.names import company_id
from federation.records.declaration import Origin

PRODUCT_SCHEME = "MFDS 품목기준코드"
"""The nine-digit product code, ITEM_SEQ: the join key of all MFDS data."""

COMPANY_SCHEME = "MFDS 업소일련번호"
"""The company serial, ENTP_SEQ."""

COMPANY_NAME_SCHEME = "업체명"
"""Lists without the serial: the reduced name stands for it. Nothing here joins it to a serial."""

PRICE_CODE_SCHEME = "HIRA EDI"
"""The nine-digit price code. The supply lists' EDI_CODE is another thing: the 13-digit KD code."""

KD_CODE_SCHEME = "KD 표준코드"
"""The 13-digit standard code of a package."""


GENERIC_CODE_SCHEME = "HIRA 주성분코드"
"""The nine-character generic-name code, 일반명코드: substances, strength, route and form."""

LIST_ENCODINGS = ("utf-8", "cp949")
"""Of HIRA's lists: as others convert them, and as data.go.kr serves them."""


def product_key(item_seq: pl.Expr) -> pl.Expr:
    """Key of the product with this ITEM_SEQ."""
    return key_of(Origin.KR, "Product", item_seq)


def price_key(code: pl.Expr) -> pl.Expr:
    """Key of the ceiling price with this price code."""
    return key_of(Origin.KR, "PriceCeiling", price_code(code))


def generic_key(code: pl.Expr) -> pl.Expr:
    """Key of the generic medicine with this generic-name code."""
    return key_of(Origin.KR, "GenericMedicine", code.str.strip_chars())


def company_key(company_serial: pl.Expr) -> pl.Expr:
    """Key of the organisation with this ENTP_SEQ."""
    return key_of(Origin.KR, "Organization", company_serial)


def named_company_key(name: pl.Expr) -> pl.Expr:
    """Key of the organisation of this name, from lists that give no serial."""
    return key_of(Origin.KR, "Organization", company_id(name))


def price_code(code: pl.Expr) -> pl.Expr:
    """Give a price code its nine digits: one that came as a number has lost its leading zero."""
    return code.str.strip_chars().str.zfill(9)
