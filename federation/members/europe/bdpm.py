"""France's public register of medicines (base de données publique des médicaments): its files.

Tab-separated, unquoted and without a header. Columns are named as the register's own description
names them; since no header guards them, the values must look as their columns' do.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from federation.errors import SourceChanged
from federation.reading.delimited import read_unquoted
from federation.reading.native import Document, NativeTable

ADDRESS = "https://base-donnees-publique.medicaments.gouv.fr"
ENCODINGS = ("utf-8", "cp1252")
"""Which one differs from file to file, from year to year, and in mirrors from row to row."""

CIS = pl.col("Code CIS").str.strip_chars()
IS_CIS = r"\d{8}"
IS_DATE = r"\d{2}/\d{2}/\d{4}"

MIN_SHARE = 0.9
"""Least share of rows that must look right: single bad rows are the quarantine's to judge."""


def read_bdpm(document: Document, columns: Sequence[str], looks: Mapping[str, str]) -> NativeTable:
    """Read one file of the register.

    Args:
        document: the fetched file.
        columns: names by position.
        looks: column → regular expression that its values match whole.

    Raises:
        SourceFault: not such a file, or it breaks off.
        SourceChanged: the rows have other columns; the message names the first that looks wrong.
    """
    native = read_unquoted(document, columns=columns, encodings=ENCODINGS)
    if len(native.rejected) > (1 - MIN_SHARE) * native.count:
        raise SourceChanged(
            f"the rows of `{document.name}` have not the {len(columns)} columns of the register: "
            "one was added or dropped"
        )
    for column, look in looks.items():
        fitting = pl.col(column).str.strip_chars().str.contains(rf"^(?:{look})$").fill_null(False)
        if native.rows.select(fitting.mean()).item() < MIN_SHARE:
            raise SourceChanged(
                f"column `{column}` of `{document.name}` holds other values than it should: "
                "columns have moved, or it is another file"
            )
    return native
