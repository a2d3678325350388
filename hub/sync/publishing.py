"""What publishing writes: a pull's records, and what is derived of them.

When a pull may publish, and in which transaction, is `hub/sync/pull.py`'s matter.
"""

import polars as pl
from psycopg import AsyncConnection

from federation.feed import Feed
from federation.harmonize.mapping import key_of
from federation.harmonize.run import Harmonized
from federation.reading.native import ROW, NativeTable
from hub.curation.applying import with_decisions
from hub.store.conditions import derive_conditions
from hub.store.equivalence import DECISIVE, derive_equivalence
from hub.store.merge import Merged, Publication, merge


async def merge_all(
    connection: AsyncConnection,
    harmonized: Harmonized,
    publication: Publication,
    *,
    is_same_rule: bool,
) -> Merged:
    """Merge all that a pull brought, and derive what hangs on it.

    The caller's transaction holds the publishing turn. Where the mapping is another than that of
    the pull before (`is_same_rule`), all that is derived is derived anew.
    """
    batches = await with_decisions(connection, publication.origin, harmonized.batches)
    parts = [await merge(connection, batch, publication) for batch in batches]
    published = {batch.mapping.record_type.name for batch in batches}
    origin, now = publication.origin, publication.recorded_at
    if DECISIVE & published:
        await derive_equivalence(connection, origin, now, is_whole=not is_same_rule)
    await derive_conditions(connection, origin, now, published, is_whole=not is_same_rule)
    return Merged(
        added=sum(part.added for part in parts),
        changed=sum(part.changed for part in parts),
        absent=sum(part.absent for part in parts),
    )


def unusable_keys(feed: Feed, native: NativeTable, harmonized: Harmonized) -> tuple[str, ...]:
    """Name the records whose rows are on the list and in quarantine, where a row says which."""
    mapping = feed.primary
    key = key_of(feed.member, mapping.record_type.name, mapping.national_id.cast(pl.String))
    rows = native.rows.select(ROW, key.alias("key"))
    refused = rows.filter(pl.col(ROW).is_in(harmonized.quarantined["native_row"].implode()))
    return tuple(refused["key"].drop_nulls())
