"""Names of companies, reduced to what tells them apart where a source gives no number.

The result is an identifier within one member, not a merge across spellings: that needs evidence.
"""

import polars as pl

_FORMS = (
    r"(?i)\b(?:inc|incorporated|llc|ltd|limited|pvt|private|corp|corporation|co|company|gmbh|"
    r"ag|sas|s\.a\.s|sa|s\.a|bv|b\.v|nv|n\.v|plc|ab|spa|s\.p\.a|kft|oy)\b\.?"
)
_EAST_ASIAN_FORMS = r"株式会社|有限会社|合同会社|㈱|\(株\)|\(有\)|주식회사|\(주\)|\(유\)|㈜"


def company_id(name: pl.Expr) -> pl.Expr:
    """Reduce a company's name: compatibility forms unified, legal form and punctuation dropped.

    A name that is nothing but legal form is kept whole; a blank stays null.
    """
    plain = name.str.normalize("NFKC").str.strip_chars()
    short = (
        plain.str.replace_all(_EAST_ASIAN_FORMS, " ")
        .str.replace_all(_FORMS, " ")
        .str.replace_all(r"[,.;:'\"’‘()\[\]/&-]+", " ")
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
        .str.to_lowercase()
    )
    lowered = plain.str.to_lowercase()
    return pl.when(lowered == "").then(None).when(short == "").then(lowered).otherwise(short)
