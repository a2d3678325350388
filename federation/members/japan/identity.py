"""How Japanese sources name products, companies and ingredients, for all Japanese feeds."""

import polars as pl

from federation.harmonize.mapping import key_of
from federation.harmonize.names import company_id
from federation.records.declaration import Origin

PRODUCT_SCHEME = "YJコード"
"""The 12-character product code. The price list's code is the same, but for unified names."""

PRICE_CODE_SCHEME = "薬価基準収載医薬品コード"
"""The 12-character code of the price list."""

COMPANY_SCHEME = "製造販売業者名"
"""No list gives a company number: the reduced name stands for it. Renamed holders are new ones."""

_NOT_LISTED_OUT = "配合|複方|混合|製剤|除去|[（(][^）)]*・[^）)]*[）)]"


def product_key(code: pl.Expr) -> pl.Expr:
    """Key of the product with this YJ or price-list code."""
    return key_of(Origin.JP, "Product", code)


def price_key(code: pl.Expr) -> pl.Expr:
    """Key of the price with this price-list code."""
    return key_of(Origin.JP, "PriceCeiling", code)


def company_key(name: pl.Expr) -> pl.Expr:
    """Key of the organisation of this name."""
    return key_of(Origin.JP, "Organization", company_id(name))


def ingredient_names(text: pl.Expr) -> pl.Expr:
    """Split 成分名 into a list of ingredients, at `・` where the text lists them all.

    A text that names a mixture by some of its parts (配合剤), a vaccine (混合), a class of products
    (製剤) or what was taken out (除去) stays whole.
    """
    is_whole = text.str.contains(_NOT_LISTED_OUT)
    parts = pl.when(is_whole).then(pl.concat_list(text)).otherwise(text.str.split("・"))
    return pl.when(text.is_null()).then(pl.lit([], dtype=pl.List(pl.String))).otherwise(parts)
