"""Where every field comes from, as a document derived from the mappings: `docs/lineage.md`."""

from federation.feed import Feed
from federation.harmonize.mapping import Mapping
from federation.members.registry import FEEDS

_INTRODUCTION = """\
# Lineage

Derived from the feeds' mappings by `hub schema`; do not edit. Each line is a record field and the
native columns it is made of; a field without columns is a fact of the feed itself. A name that
ends in `[]`, and the few that are not the source's own, are laid out by the feed's reader.
"""


def document() -> str:
    """Write the lineage of all feeds."""
    return "\n".join([_INTRODUCTION, *(_feed(feed) for feed in FEEDS.values())])


def _feed(feed: Feed) -> str:
    mappings = "\n".join(_mapping(mapping) for mapping in feed.mappings)
    address = f"Pulled from `{feed.source.base_url}`.\n\n" if feed.source.base_url else ""
    return f"## {feed.id}\n\n{feed.title}. {address}{mappings}"


def _mapping(mapping: Mapping) -> str:
    spoken = ", in passing" if mapping.is_mention else ""
    rows = "".join(
        f"| `{field}` | {', '.join(f'`{column}`' for column in columns) or '–'} |\n"
        for field, columns in mapping.lineage().items()
    )
    head = f"**{mapping.record_type.name}** by {mapping.scheme}{spoken}"
    return f"{head}\n\n| field | native columns |\n| --- | --- |\n{rows}"
