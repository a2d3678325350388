"""Where every field comes from, as a document derived from the mappings: `docs/lineage.md`."""

from federation.feed import Feed
from federation.harmonize.mapping import Mapping
from federation.members.registry import FEEDS

_INTRODUCTION = """\
# Lineage

Derived from the feeds' mappings by `hub schema`; do not edit. Each line is a record field and the
native columns it is made of; a field without columns is a fact of the feed itself. A name that
ends in `[]`, and the few that are not the source's own, are laid out by the feed's reader.

Below each feed stand the native columns whose values its records do not give back, wholly or on
some rows, and why. A test holds each list to what the records of real files give back; but for
contact data, every record keeps its whole row as `native`.
"""


def document() -> str:
    """Write the lineage of all feeds."""
    return "\n".join([_INTRODUCTION, *(_feed(feed) for feed in FEEDS.values())])


def _feed(feed: Feed) -> str:
    mappings = "\n".join(_mapping(mapping) for mapping in feed.mappings)
    address = f"Pulled from `{feed.source.base_url}`.\n\n" if feed.source.base_url else ""
    return f"## {feed.id}\n\n{feed.title}. {address}{mappings}{_losses(feed)}"


def _losses(feed: Feed) -> str:
    rows = "".join(f"| `{column}` | {why} |\n" for column, why in feed.lossy.items())
    head = "\n| native column | not given back because |\n| --- | --- |\n"
    return f"{head}{rows}" if rows else "\nAll native columns are given back.\n"


def _mapping(mapping: Mapping) -> str:
    spoken = ", in passing" if mapping.is_mention else ""
    rows = "".join(
        f"| `{field}` | {', '.join(f'`{column}`' for column in columns) or '–'} |\n"
        for field, columns in mapping.lineage().items()
    )
    head = f"**{mapping.record_type.name}** by {mapping.scheme}{spoken}"
    return f"{head}\n\n| field | native columns |\n| --- | --- |\n{rows}"
