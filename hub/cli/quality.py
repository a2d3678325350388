"""`hub quality`: how far every field of the data being served can be relied on, as a document.

The figures are those that each feed's last good pull left (`hub/sync/history.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from psycopg import AsyncConnection

from federation.harmonize.run import FieldQuality
from federation.members.registry import FEEDS
from hub.cli.desk import in_transaction
from hub.cli.options import Json, State
from hub.cli.printing import print_json, print_lines
from hub.sync.history import FeedStatus, field_qualities, statuses

_INTRODUCTION = """\
# Quality

Written by `hub quality` of the data a hub was serving; do not edit. For every record field of every
feed: the share of rows with a value, the share whose native text could not be read, and the share
whose native term has no common one, in percent. `docs/lineage.md` says what each is made of.
"""


def quality(*, json: Json = False, state: State = None) -> None:
    """Write how good every field of every feed is, in Markdown.

    Example: hub quality
    """
    if json:
        found = in_transaction(state, field_qualities)
        for feed in filter(found.__contains__, FEEDS):
            print_json(*({"feed": feed, **asdict(one)} for one in found[feed]))
        return
    print(_INTRODUCTION)
    print_lines(
        in_transaction(state, _sections), none="Nothing is served yet: `hub pull` pulls all feeds."
    )


async def _sections(connection: AsyncConnection) -> list[str]:
    known = {status.feed: status for status in await statuses(connection)}
    found = await field_qualities(connection)
    return [_section(known[feed], found[feed]) for feed in FEEDS if feed in known and feed in found]


def _section(status: FeedStatus, qualities: Sequence[FieldQuality]) -> str:
    stated = f", data of {status.stated_at:%Y-%m-%d}" if status.stated_at else ""
    head = (
        f"## {status.feed}\n\n{status.rows:,} rows{stated}: {status.records:,} records, "
        f"{status.quarantined:,} quarantined, {status.merged:,} merged. "
        f"Mapping {str(status.mapping_digest)[:12]}.\n"
    )
    return "\n".join([head, *_tables(qualities)])


def _tables(qualities: Sequence[FieldQuality]) -> Iterator[str]:
    for record_type, group in groupby(qualities, lambda one: one.record_type):
        fields = list(group)
        yield f"**{record_type}**, {fields[0].rows:,} rows\n"
        yield "| field | coverage | defects | unmapped |\n| --- | --: | --: | --: |"
        for one in fields:
            shares = (one.percent(count) for count in (one.filled, one.defects, one.unmapped))
            yield f"| `{one.field}` | {' | '.join(f'{share:g}' for share in shares)} |"
        yield ""
