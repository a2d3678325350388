"""FDA's zipped tables: tab-separated and unquoted, with a header row.

They may hold more columns than a feed reads. The archive that holds them is the feed's to name.
"""

from collections.abc import Sequence

from federation.errors import SourceChanged
from federation.reading.delimited import read_unquoted
from federation.reading.native import Document, NativeTable

ENCODINGS = ("utf-8", "cp1252")


def read_table(document: Document, columns: Sequence[str]) -> NativeTable:
    """Read one table, which must have all of `columns`.

    Raises:
        SourceFault: not such a file, or it breaks off.
        SourceChanged: a column is gone; the message names it.
    """
    table = read_unquoted(document, columns=None, encodings=ENCODINGS)
    missing = [f"`{column}`" for column in columns if column not in table.rows.columns]
    if missing:
        raise SourceChanged(f"`{document.name}` lacks {', '.join(missing)}: its layout has changed")
    return table
