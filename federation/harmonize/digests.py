"""Digests of records' content: a record whose digest is the stored one has not changed.

INVARIANT: what is digested, and how, never changes. Digests are stored with the records, and by
others every record would get a new version at the next pull.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

_SLICE_ROWS = 20_000
"""Rows written out as JSON at once: all rows' would be a gigabyte."""

_BYTES = 16

_THREADS = 2
"""One writes JSON, which polars does, while one digests, which takes the interpreter."""


def content_digests(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Digest each row's fields of these names: BLAKE2b of their JSON, in the order of the names.

    Gives 32 hexadecimal digits a row.
    """
    slices = frame.select(names).iter_slices(_SLICE_ROWS)
    with ThreadPoolExecutor(_THREADS) as threads:
        parts = [found for part in threads.map(_digests, slices) for found in part]
    return pl.Series("content_digest", parts, dtype=pl.String)


def content_texts(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Write what `content_digests` digests."""
    return frame.select(pl.struct(names).struct.json_encode().alias("content"))["content"]


def _digests(part: pl.DataFrame) -> list[str]:
    texts = content_texts(part, part.columns).cast(pl.Binary).to_list()
    return [hashlib.blake2b(text, digest_size=_BYTES).hexdigest() for text in texts]
