"""What feeds make of documents, as their tests look at it."""

import json

import polars as pl

from federation.harmonize.run import with_digests
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

RESOLVER = Resolver(load_register())


def records(harmonized, record):
    found = [batch for batch in harmonized.batches if batch.mapping.record.__name__ == record]
    return pl.concat([with_digests(batch).frame for batch in found])


def everything(harmonized):
    """Write all that a pull would store, to look for what must not be in it."""
    frames = [batch.frame for batch in harmonized.batches]
    frames += [harmonized.quarantined, harmonized.findings]
    return json.dumps([frame.rows() for frame in frames], ensure_ascii=False, default=str)
