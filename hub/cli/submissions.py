"""`hub submit` and `hub template`: filing on an agency's own hub.

A command speaks for a registered client: it may do what the client's roles allow, and what is filed
names the client's organisation beside the author given.
"""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from federation.members.submitted import TEMPLATE_OF
from federation.reading.native import Document
from hub.cli.desk import speaking_for
from hub.cli.options import Author, ClientOption, Json, State, settings_for
from hub.cli.printing import print_json
from hub.errors import InvalidInput
from hub.identity.types import Purpose
from hub.opening import open_database
from hub.pulling import open_pulls
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.submissions import types
from hub.submissions.access import find_feed
from hub.submissions.filing import FilingTools, file
from hub.submissions.templates import template_csv, template_xlsx
from hub.telemetry import log_to_stderr

FeedArgument = Annotated[str, typer.Argument(help="Such as `kr.filed_stock_reports`.")]

_WRITTEN = {".csv": template_csv, ".xlsx": template_xlsx}


def submit(
    feed: FeedArgument,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Excel or JSON.")],
    *,
    client: ClientOption,
    author: Author = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell every defect.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Publish the good rows, quarantine the others.")
    ] = False,
    key: Annotated[
        str | None, typer.Option("--key", help="An idempotency key, for sending it again.")
    ] = None,
    json: Json = False,
    state: State = None,
) -> None:
    """File stock reports or supply notices, or only check them.

    Example: hub submit kr.filed_stock_reports stock.xlsx --client kr-mfds --dry-run
    """
    log_to_stderr(logging.WARNING)  # what came of it is printed
    filing = types.Filing(feed, _document(path), dry_run, partial, key)
    receipt = asyncio.run(_file(settings_for(state), client, author, filing))
    if json:
        print_json(receipt)
    else:
        for defect in receipt.defects:
            print(_line(defect))
        print(_summary(receipt))
    bad = {types.State.REFUSED, types.State.HELD, types.State.FAILED}
    if receipt.state in bad or (dry_run and receipt.refused):
        sys.exit(1)


def template(
    feed: FeedArgument,
    out: Annotated[
        Path | None, typer.Option("--out", help="A file to write, `.csv` or `.xlsx`.")
    ] = None,
) -> None:
    """Write the empty form that an agency fills in, as CSV or Excel.

    Example: hub template kr.filed_stock_reports --out stock.xlsx
    """
    find_feed(feed)
    if out is None:
        print(template_csv(TEMPLATE_OF[feed]).decode("utf-8-sig"), end="")
        return
    write = _WRITTEN.get(out.suffix.lower())
    if write is None:
        raise InvalidInput(f"`{out}` is neither CSV nor Excel: end it in `.csv` or `.xlsx`")
    out.write_bytes(write(TEMPLATE_OF[feed]))


def _document(path: Path) -> Document:
    try:
        return Document(path.name, path.read_bytes())
    except OSError as error:
        raise InvalidInput(
            f"`{path}` can't be read, {error.strerror}: name a filled-in template"
        ) from error


async def _file(
    settings: Settings, client: str, author: str | None, filing: types.Filing
) -> types.Receipt:
    async with (
        open_database(settings) as url,
        writing_pool(url) as turns,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as pulls,
    ):
        async with pool.connection() as connection:
            caller = await speaking_for(connection, client, author, Purpose.SHORTAGE_RESPONSE)
        return await file(FilingTools(pulls, turns), caller, filing)


def _line(defect: types.Defect) -> str:
    place = ", ".join(
        part
        for part in (defect.row and f"row {defect.row}", defect.column and f"`{defect.column}`")
        if part
    )
    found = f" `{defect.found}`" if defect.found else ""
    kind = "" if defect.is_refusing else " (a hint)"
    return f"{place or 'the file'}: {defect.rule}{kind}{found}: {defect.mend}"


def _summary(receipt: types.Receipt) -> str:
    named = f"{receipt.id}: " if receipt.id else ""
    reason = f", {receipt.reason}" if receipt.reason else ""
    return (
        f"{named}{receipt.state}, {receipt.accepted:,} of {receipt.rows:,} rows accepted, "
        f"{receipt.defect_count:,} defects{reason}"
    )
