"""`hub schema`: what is written from the declarations, and whether it is stale.

`WRITTEN` names every such file with what makes it; a new one is one line there.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from federation.members import crosswalks
from federation.members import documentation as lineage
from federation.members.crosswalks import VERSIONED
from federation.records import documentation as records
from federation.vocabularies import edition
from hub.error_codes import page as error_codes
from hub.gateway.questions.trusted import TrustedDocuments
from hub.gateway.schema import build_schema
from hub.policy.schema import ALLIANCE
from hub.settings import ROOT

WRITTEN: Mapping[Path, Callable[[], str]] = {
    ROOT / "graphql" / "schema.graphql": lambda: build_schema().as_str() + "\n",
    ROOT / "policies" / "alliance.cedarschema": lambda: ALLIANCE.text,
    ROOT / "docs" / "records.md": records.document,
    ROOT / "docs" / "lineage.md": lineage.document,
    ROOT / "docs" / "vocabularies.md": crosswalks.document,
    ROOT / "docs" / "errors.md": error_codes.document,
    edition.LOCK: lambda: edition.lock(VERSIONED),
}
"""Files that the declarations make, each with how."""


def schema(
    check: Annotated[bool, typer.Option("--check", help="Only say which are stale.")] = False,
) -> None:
    """Write the files that follow from the declarations.

    They are the SDL, the Cedar schema, documentation and the vocabularies' edition. With trusted
    documents that can't be asked of the schema it ends in an error.

    Example: hub schema --check
    """
    stale = [file for file, make in WRITTEN.items() if not _holds(file, make())]
    unraised = _unraised()
    for problem in unraised:
        print(problem, file=sys.stderr)
    for file in stale:
        if check:
            print(f"{file.relative_to(ROOT)} is stale: run `hub schema`", file=sys.stderr)
        elif not (unraised and file == edition.LOCK):
            file.write_text(WRITTEN[file](), encoding="utf-8")
    if unraised or (check and stale):
        sys.exit(1)
    TrustedDocuments.read(ROOT / "graphql" / "operations", build_schema())


def _unraised() -> list[str]:
    """List the versions to raise first: the edition on record may not change its meaning."""
    if not edition.LOCK.exists():
        return []
    locked = edition.LOCK.read_text(encoding="utf-8")
    return list(edition.unraised(VERSIONED, locked))


def _holds(file: Path, text: str) -> bool:
    return file.exists() and file.read_text(encoding="utf-8") == text
