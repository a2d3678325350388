"""`hub schema`: the SDL, for `graphql/schema.graphql`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.gateway.schema import build_schema
from hub.settings import ROOT

SDL = ROOT / "graphql" / "schema.graphql"


def schema(
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is stale.")] = False,
    file: Annotated[Path, typer.Option(help="Where the SDL is kept.")] = SDL,
) -> None:
    """Write the SDL of the running code."""
    text = build_schema().as_str() + "\n"
    if not check:
        file.write_text(text)
    elif not file.exists() or file.read_text() != text:
        print(f"{file.name} is stale: run `hub schema`", file=sys.stderr)
        sys.exit(1)
