"""EPha's German names of ATC codes, the Swiss list of 2019 under the MIT licence.

One JSON object, code to name, with codes of every level.
"""

from collections.abc import Sequence

import polars as pl

from federation.errors import SourceChanged
from federation.feed import Feed
from federation.harmonize.mapping import always
from federation.members.alliance.entries import MONTH, WEEKLY, atc_kind, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import Shape
from federation.reading.tree import parse_json, read_objects
from federation.records.declaration import Origin
from federation.sources.files import WholeFile

CODE = pl.col("code")
NAME = pl.col("name")
COMBINATION = r"(?i)kombination|\bund\b|\bmit\b|/"
REMAINDER = r"(?i)^(?:diverse|andere)\b"

LAYOUT = Layout(
    {
        "code": Shape(r"[A-Z](?:\d{2}[A-Z\d]*)?", "an ATC code"),
        "name": Shape(r".*[a-zäöüß]{3}.*", "a name"),
    }
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the names, a row each.

    Raises:
        SourceChanged: the file is no object of names.
    """
    names = parse_json(documents[0])
    if not isinstance(names, dict):
        raise SourceChanged(
            f"`{documents[0].name}` is no object of code and name: look at it, "
            "then mend the feed's reader"
        )
    table = read_objects(
        [{"code": code, "name": name} for code, name in names.items()], layout=LAYOUT
    )
    return NativeTable(table.rows, table.rejected, documents[0].stated_at)


FEED = Feed(
    id="ref.epha_de",
    member=Origin.ALLIANCE,
    title="German names by ATC code (EPha)",
    source=WholeFile(
        "https://raw.githubusercontent.com",
        "/epha/domain-datensatz/master/datensatz/data/wirkstoffe.json",
    ),
    read=read,
    layouts=(LAYOUT,),
    primary=register_entries(
        "epha-de",
        "ATC",
        CODE,
        {
            "name": NAME,
            "kind": atc_kind(CODE, NAME, COMBINATION, REMAINDER),
            "language": always("de"),
            "atc_codes": pl.concat_list(CODE),
        },
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=("code", "name"),
)
