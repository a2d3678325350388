"""France's public register of medicines (base de données publique des médicaments): its files.

Tab-separated, unquoted and without a header. Columns are named as the register's own description
names them; since no header guards them, the values must look as their columns' do.
"""

from collections.abc import Mapping

import polars as pl

from federation.reading.layout import Layout
from federation.reading.shapes import DAY_FIRST, Shape

ADDRESS = "https://base-donnees-publique.medicaments.gouv.fr"

CIS = pl.col("Code CIS").str.strip_chars()
IS_CIS = r"\d{8}"


def always_stated(pattern: str, says: str) -> Shape:
    """Make the shape of a column that is nearly never blank."""
    return Shape(pattern, says, stated=0.9)


CIS_CODE = always_stated(IS_CIS, "8 digits")
DAY_STATED = always_stated(DAY_FIRST.pattern, DAY_FIRST.says)


def bdpm_layout(
    columns: Mapping[str, Shape | None], facts: Mapping[str, pl.Expr] | None = None
) -> Layout:
    """Make the layout of one file of the register.

    Its encoding differs from file to file, from year to year, and in mirrors from row to row.
    """
    return Layout(
        columns,
        facts=facts or {},
        encodings=("utf-8", "cp1252"),
        separator="\t",
        is_quoted=False,
        has_header=False,
    )
