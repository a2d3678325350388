"""Personal contact data, dropped at the door: no e-mail address or telephone number is mapped.

Named columns go whole; in every other text an address or a number in the North American form is
replaced by `REMOVED`. Package codes have other segment lengths (5-3-2, 4-4-2, 5-4-1) and stay.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import polars.selectors as cs

from federation.reading.native import NativeTable

REMOVED = "[contact removed]"

_EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"
_TELEPHONE = r"(?:\+?1[-. ]?)?(?:\(\d{3}\)[-. ]?|\b\d{3}[-. ])\d{3}[-. ]\d{4}\b"
_CONTACT = f"{_EMAIL}|{_TELEPHONE}"


def without_contacts(
    native: NativeTable, columns: Sequence[str], codes: Sequence[str] = ()
) -> NativeTable:
    """Drop the contact columns and take contacts out of all other texts, in lists too.

    In `codes`, columns of codes and batch numbers, only mail addresses are contacts: the batch
    `330-223-2501` has the form of a telephone number.
    """
    text = cs.string() - cs.by_name(*codes, require_all=False)
    code = cs.string() & cs.by_name(*codes, require_all=False)
    rows = native.rows.drop(columns, strict=False).with_columns(
        text.as_expr().str.replace_all(_CONTACT, REMOVED),
        code.as_expr().str.replace_all(_EMAIL, REMOVED),
        pl.col(pl.List(pl.String)).list.eval(pl.element().str.replace_all(_CONTACT, REMOVED)),
    )
    texts = pl.Series([item.text for item in native.rejected], dtype=pl.String)
    clean = texts.str.replace_all(_CONTACT, REMOVED)
    rejected = tuple(
        replace(item, text=text) for item, text in zip(native.rejected, clean, strict=True)
    )
    return replace(native, rows=rows, rejected=rejected)
