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
_ENDING = r"\d{3}[-. ]\d{4}\b"
_TELEPHONE = rf"(?:\+?1[-. ]?)?(?:\(\d{{3}}\)[-. ]?|\b\d{{3}}[-. ]){_ENDING}"
_CONTACT = f"{_EMAIL}|{_TELEPHONE}"

_HINT = r"@|\d{3}[-. ]\d{4}"
"""What every contact has; a `\b` would make looking for it several times slower."""


def without_contacts(
    native: NativeTable, columns: Sequence[str], codes: Sequence[str] = ()
) -> NativeTable:
    """Drop the contact columns and take contacts out of all other texts, in lists too.

    In `codes`, columns of codes and batch numbers, only mail addresses are contacts: the batch
    `330-223-2501` has the form of a telephone number.
    """
    rows = native.rows.drop(columns, strict=False)
    rows = rows.with_columns(
        *(_clean(text, is_code=text.name in codes) for text in rows.select(cs.string())),
        pl.col(pl.List(pl.String)).list.eval(pl.element().str.replace_all(_CONTACT, REMOVED)),
    )
    texts = pl.Series([item.text for item in native.rejected], dtype=pl.String)
    clean = _clean(texts, is_code=False)
    rejected = tuple(
        replace(item, text=text) for item, text in zip(native.rejected, clean, strict=True)
    )
    return replace(native, rows=rows, rejected=rejected)


def _clean(texts: pl.Series, *, is_code: bool) -> pl.Series:
    """Replace contacts; few texts have what all contacts do, so the others are only looked at."""
    hint, contact = ("@", _EMAIL) if is_code else (_HINT, _CONTACT)
    suspect = texts.str.contains(hint).fill_null(False)
    if not suspect.any():
        return texts
    clean = texts.filter(suspect).str.replace_all(contact, REMOVED)
    return texts.clone().scatter(suspect.arg_true(), clean)
