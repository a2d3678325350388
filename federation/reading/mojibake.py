"""Text damaged before it came: UTF-8 that a program took for Windows-1252 and saved again.

`é` is `Ã©` then. The file decodes without a fault and its headers and shapes may well be right,
but nearly all its characters beyond ASCII stand as UTF-8's bytes do: a lead one and its followers.
"""

import polars as pl
import polars.selectors as cs

from federation.errors import SourceChanged

MIN_DAMAGED = 2
"""Fewest damaged values that show a damaged file; one may be the source's own mistake."""

MIN_SHARE = 0.9
"""Least share of damaged values among those with any character beyond ASCII."""

_HIGH = bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")
_FOLLOWER = f"[\u0080-\u00bf{_HIGH}\ufffd]"  # U+FFFD for bytes that Windows-1252 lacks
_DAMAGED = f"[Â-ß]{_FOLLOWER}|[à-ï]{_FOLLOWER}{{2}}|[ð-ô]{_FOLLOWER}{{3}}"


def refuse_mojibake(texts: pl.Series, name: str) -> None:
    """Refuse a document whose text beyond ASCII is damaged throughout.

    Raises:
        SourceChanged: it is; the message quotes a value.
    """
    beyond_ascii = texts.filter(texts.str.len_bytes() > texts.str.len_chars())
    damaged = beyond_ascii.filter(beyond_ascii.str.contains(_DAMAGED))
    if len(damaged) >= max(MIN_DAMAGED, MIN_SHARE * len(beyond_ascii)):
        raise SourceChanged(
            f"the text of `{name}` is damaged, as `{damaged[0][:60]}`: a program read UTF-8 as "
            "Windows-1252 and saved it again; pull the file as its source publishes it"
        )


def beyond_ascii(rows: pl.DataFrame) -> pl.Series:
    """Give all texts of a table that hold any character beyond ASCII, column by column."""
    columns = rows.select(cs.string())
    found = (one.filter(one.str.len_bytes() > one.str.len_chars()).rename("") for one in columns)
    return pl.concat([pl.Series("", [], dtype=pl.String), *found])
