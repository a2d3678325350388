"""`hub substances`: native names resolved to INN and UNII, from a file.

The resolver is `federation/substances/`. No database is opened, so a register can be tried on any
file of names.
"""

import csv
import sys
from io import StringIO
from pathlib import Path
from typing import Annotated

import orjson
import typer

from federation.errors import FederationError
from federation.members.alliance.compilation import load_reference
from federation.substances.register import SubstanceRegister, load_register
from federation.substances.resolver import Resolver
from hub.cli.options import text_of
from hub.errors import InvalidInput

app = typer.Typer(help="The register that resolves names of substances.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `resolve` a subcommand while it is the only one."""


@app.command()
def resolve(
    file: Annotated[Path, typer.Argument(help="CSV with the columns origin,native_text.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder whose manifest.toml names the register's `ref.` feeds."),
    ] = None,
) -> None:
    """Resolve native names to INN and UNII: a JSON line each, in the file's order.

    Example: hub substances resolve names.csv
    """
    rows = _rows(file)
    resolver = Resolver(_register(data))
    for row in rows:
        answer = resolver.resolve(row["native_text"], row["origin"])
        line = {
            "origin": row["origin"],
            "native_text": row["native_text"],
            "inn": answer.inn,
            "unii": answer.unii,
            "method": answer.method,
            "confidence": round(answer.confidence, 3),
        }
        sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def _register(data: Path | None) -> SubstanceRegister:
    """Load the register of a data folder; the bundled one without."""
    if data is None:
        return load_register()
    try:
        return load_reference(data)
    except FederationError as error:
        raise InvalidInput(str(error)) from error


def _rows(file: Path) -> list[dict[str, str]]:
    if not file.is_file():
        raise InvalidInput(f"there is no file `{file}`: name a CSV file with origin, native_text")
    reader = csv.DictReader(StringIO(text_of(file)), restval="")
    try:
        missing = {"origin", "native_text"} - set(reader.fieldnames or ())
        if missing:
            raise InvalidInput(
                f"`{file.name}` lacks the column {', '.join(sorted(missing))}: add it to its header"
            )
        return list(reader)
    except csv.Error as error:
        raise InvalidInput(
            f"`{file.name}` is no CSV after line {reader.line_num}: {error}: quote its cells"
        ) from error
