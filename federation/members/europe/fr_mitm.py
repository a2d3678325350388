"""French medicines of major therapeutic interest (ANSM, file CIS_MITM of BDPM).

Their holders must keep a safety stock, have a plan for shortages and report them. The list goes by
product; its ATC codes are partly of level 3 or 4.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, always
from federation.members.europe.bdpm import (
    ADDRESS,
    CIS,
    CIS_CODE,
    IS_CIS,
    always_stated,
    bdpm_layout,
)
from federation.members.europe.identity import CIS_SCHEME, product_key
from federation.reading.native import Document, NativeTable
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.essential_listing import EssentialListing
from federation.sources.files import WholeFile
from federation.vocabularies.terms import LegalEffect

IS_ATC = r"[A-Z](?:\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?)?"

LIST_NAME = "Médicaments d'intérêt thérapeutique majeur (MITM)"


LAYOUT = bdpm_layout(
    {
        "Code CIS": CIS_CODE,
        "Code ATC": always_stated(IS_ATC, "an ATC code"),
        "Dénomination du médicament": always_stated(r".{3,}", "a name"),
        "Lien vers la fiche": always_stated(r"https?://\S+", "an address"),
    }
)
COLUMNS = tuple(LAYOUT.columns)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the file."""
    return read_table(documents[0], LAYOUT)


ATC = pl.col("Code ATC").str.strip_chars()
IS_CODE = ATC.str.contains(rf"^{IS_ATC}$")

LISTING = Mapping(
    EssentialListing,
    scheme=CIS_SCHEME,
    national_id=CIS,
    refuse={"NO_CIS": ~CIS.str.contains(rf"^{IS_CIS}$")},
    values={
        "list_name": always(LIST_NAME),
        "title": pl.col("Dénomination du médicament").str.strip_chars(),
        "atc_codes": pl.when(IS_CODE).then(pl.concat_list(ATC)),
        "legal_effect": always(LegalEffect.SUPPLY_OBLIGATION),
        "product_key": product_key(CIS),
    },
    conflicts={"ATC_FORM": ~IS_CODE},
)

LOSSY = {
    "Lien vers la fiche": "address of a page",
}

FEED = Feed(
    id="eu.fr_mitm",
    member=Origin.EU,
    title="French medicines of major therapeutic interest (ANSM, CIS_MITM)",
    source=WholeFile(ADDRESS, "/download/file/CIS_MITM.txt"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=LISTING,
    cron="45 7 * * *",
)
