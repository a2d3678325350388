"""`hub schema`: what is written from the declarations, and whether it is stale."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from federation.members import documentation as lineage
from federation.records import documentation as records
from hub.gateway.schema import build_schema
from hub.policy.schema import ALLIANCE
from hub.settings import ROOT

WRITTEN: Mapping[Path, Callable[[], str]] = {
    ROOT / "graphql" / "schema.graphql": lambda: build_schema().as_str() + "\n",
    ROOT / "policies" / "alliance.cedarschema": lambda: ALLIANCE.text,
    ROOT / "docs" / "records.md": records.document,
    ROOT / "docs" / "lineage.md": lineage.document,
}
"""Files that the declarations make, each with how."""


def schema(
    check: Annotated[bool, typer.Option("--check", help="Only say which are stale.")] = False,
) -> None:
    """Write the SDL, the Cedar schema, and the documentation of records and lineage."""
    stale = [file for file, make in WRITTEN.items() if not _holds(file, make())]
    for file in stale:
        if check:
            print(f"{file.relative_to(ROOT)} is stale: run `hub schema`", file=sys.stderr)
        else:
            file.write_text(WRITTEN[file](), encoding="utf-8")
    if check and stale:
        sys.exit(1)


def _holds(file: Path, text: str) -> bool:
    return file.exists() and file.read_text(encoding="utf-8") == text
