"""`python -m bench.agency [ROWS]`: an agency's copy of so many notices, made and then kept.

One gateway in a process of its own with policies, token verification and disclosure on; the command
`hub-client` in another, as cron runs it. The first run reads everything, the next one 100 changes.
The bars: 30,000 rows a second or more, and under 1 s. `seconds` are those of the run by its own
word; `process_s` has the start of Python besides, `cpu_s` is the client's own.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from rich.console import Console
from rich.table import Table

from bench.notices import fill
from bench.servers import started, token_of
from hub.store.database import migrate
from hub.store.embedded import embedded_postgres

ROWS = 1_000_000
SEEN = 0.94
"""Of the notices, what the caller sees."""

CHANGES = 100
PORT = 18475
BAR = {"rows_per_second": 30_000.0, "next_s": 1.0}
COMMAND = "from hub_client.cli import main; main()"
_COLUMNS = """
SELECT column_name FROM information_schema.columns WHERE table_name = 'supply_notice'
  AND column_name <> 'version_id' AND is_generated = 'NEVER'
"""
_CHOSEN = """
SELECT array_agg(key) FROM (SELECT key FROM supply_notice WHERE superseded_at IS NULL
  AND origin IN ('US', 'KR', 'JP') ORDER BY md5(key || %s) LIMIT %s) n
"""
Figures = dict[str, float]


def run(rows: int = ROWS) -> dict[str, Figures]:
    """Print the table and give its figures."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        state = Path(folder)
        with embedded_postgres(state) as url:
            asyncio.run(migrate(url))
            fill(url, int(rows / SEEN))
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE DATABASE agency")
            targets = {
                "postgres": urlsplit(url)._replace(path="/agency").geturl(),
                "duckdb": f"duckdb:{state / 'agency.duckdb'}",
                "folder": f"{state / 'agency'}/",
            }
            with started("hub", PORT, url, state):
                results = {name: measure(name, each, url, state) for name, each in targets.items()}
    show(results)
    return results


def measure(name: str, target: str, url: str, state: Path) -> Figures:
    """Run twice into a target, with changes in between."""
    first = sync(target, state)
    change(url, name)
    later = sync(target, state)
    if later["anew"] or later["put"] != CHANGES:
        raise RuntimeError(f"the second run did not put {CHANGES} records: {later}")
    return {
        "rows": first["rows"],
        "seconds": first["seconds"],
        "rows_per_second": first["rows"] / first["seconds"],
        "cpu_s": first["cpu"],
        "changes": later["changes"],
        "next_s": later["seconds"],
        "next_process_s": later["process"],
    }


def sync(target: str, state: Path) -> dict[str, float]:
    """Run the command, and give its summary."""
    command = [sys.executable, "-c", COMMAND, "sync", "--json", "--types", "SupplyNotice"]
    command += ["--hub", f"http://127.0.0.1:{PORT}", "--into", target]
    command += ["--purpose", "shortage-response"]
    environment = {"HUB_CLIENT_TOKEN": token_of(state), "XDG_CACHE_HOME": str(state / "cache")}
    began, before = time.perf_counter(), cpu()
    done = subprocess.run(command, env=os.environ | environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout) | {
        "process": time.perf_counter() - began,
        "cpu": cpu() - before,
    }


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def change(url: str, seed: str) -> None:
    """Give some records a new version each, as a pull does."""
    with psycopg.connect(url) as connection:
        (keys,) = connection.execute(_CHOSEN, [seed, CHANGES]).fetchone() or ([],)
        columns = [name for (name,) in connection.execute(_COLUMNS)]
        newest = "(SELECT max(change_seq) FROM supply_notice)"
        fresh = {
            "title": "title || ' changed'",
            "recorded_at": "now()",
            "change_seq": f"{newest} + row_number() OVER ()",
        }
        values = ", ".join(f'{fresh.get(name, name)} AS "{name}"' for name in columns)
        connection.execute(
            f"CREATE TEMP TABLE fresh AS SELECT {values} FROM supply_notice "
            "WHERE superseded_at IS NULL AND key = ANY(%s)",
            [keys],
        )
        connection.execute(
            "UPDATE supply_notice SET superseded_at = now() "
            "WHERE superseded_at IS NULL AND key = ANY(%s)",
            [keys],
        )
        names = ", ".join(columns)
        connection.execute(f"INSERT INTO supply_notice ({names}) SELECT {names} FROM fresh")


def show(results: dict[str, Figures]) -> None:
    columns = next(iter(results.values()))
    table = Table("into", *columns, title="an agency's copy")
    for name, figures in (*results.items(), ("bar", BAR)):
        table.add_row(name, *(f"{figures[n]:,.2f}" if n in figures else "" for n in columns))
    Console(width=140).print(table)


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
