"""FDA's zipped tables: tab-separated and unquoted, with a header row.

They may hold more columns than a feed reads. The archive that holds them is the feed's to name.
"""

from collections.abc import Mapping

from federation.reading.layout import Layout
from federation.reading.shapes import Shape


def table_layout(columns: Mapping[str, Shape | None]) -> Layout:
    """Make the layout of one table of an archive."""
    return Layout(columns, encodings=("utf-8", "cp1252"), separator="\t", is_quoted=False)
