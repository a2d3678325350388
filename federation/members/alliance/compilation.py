"""From the reference feeds' documents to the substance register.

For pulls the documents are gathered in one order, behind a page of contents that says whose they
are, so that they can be kept; the register that comes with the product stands alone. A register is
compiled once for the same bytes, however often it is asked for.
"""

import io
import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

from federation.errors import DeclarationFault
from federation.members.alliance import (
    drugbank_vocabulary,
    epha_de,
    eu_register,
    hemonc,
    mfds_ko_en,
    openfda_unii,
    pmda_ja_en,
    who_atc,
    who_atc_combinations,
)
from federation.reading.native import Document
from federation.substances.reference import Omit, read_reference
from federation.substances.register import BUNDLED, SubstanceRegister, read_register

_READ = {
    module.FEED.id: module.FEED.read
    for module in (
        who_atc,
        drugbank_vocabulary,
        hemonc,
        pmda_ja_en,
        mfds_ko_en,
        epha_de,
        eu_register,
        who_atc_combinations,
        openfda_unii,
    )
}
REFERENCE_FEEDS = tuple(_READ)
"""Feeds that a register is made of."""

SUBSTANCE_FEEDS = (who_atc.FEED.id, drugbank_vocabulary.FEED.id)
"""Those of them that say which substances there are: without one there is no register."""

_REGISTERS_KEPT = 2  # the one in use and the one that follows it

Documents = Mapping[str, Sequence[Document]]


def load_reference(folder: Path, omit: Omit = lambda _inn: False) -> SubstanceRegister:
    """Make the register of the `ref.` feeds that a folder's manifest names.

    Args:
        folder: holds a `manifest.toml` and the files that it names.
        omit: see `read_reference`.

    Raises:
        DeclarationFault: there is no manifest, or it names a file that is not there.
        SourceFault: a file is not what its feed is.
        SourceChanged: a file lacks an expected column.
    """
    manifest = folder / "manifest.toml"
    if not manifest.is_file():
        raise DeclarationFault(f"there is no `{manifest}`: name a folder that holds one")
    feeds = tomllib.loads(manifest.read_text(encoding="utf-8")).get("feeds", {})
    documents = {
        feed: [_document(folder, name) for name in feeds[feed]]
        for feed in REFERENCE_FEEDS
        if feed in feeds
    }
    return _register(documents, omit)


def contents_page(digests: Mapping[str, Sequence[str]]) -> Document:
    """Write the page that says whose the documents behind it are: digests by feed, in order."""
    return Document("contents.json", json.dumps(digests).encode())


def compile_register(documents: Sequence[Document]) -> SubstanceRegister:
    """Make the register of gathered documents; `Raises:` as `load_reference`."""
    return _compiled(tuple(document.content for document in documents))


@lru_cache(maxsize=_REGISTERS_KEPT)
def _compiled(bodies: tuple[bytes, ...]) -> SubstanceRegister:
    first, *others = bodies
    if not others:
        return read_register(io.StringIO(first.decode(), newline=""), BUNDLED.name)
    left = iter(others)
    return _register(
        {
            feed: [Document(feed, body) for body in islice(left, len(digests))]
            for feed, digests in json.loads(first).items()
        }
    )


def _register(documents: Documents, omit: Omit = lambda _inn: False) -> SubstanceRegister:
    tables = {feed: _READ[feed](held).rows for feed, held in documents.items()}
    return read_reference(tables, omit)


def _document(folder: Path, name: str) -> Document:
    path = folder / name
    if not path.is_file():
        raise DeclarationFault(f"the manifest names `{path}`, which is not there: correct it")
    return Document(path.name, path.read_bytes())
