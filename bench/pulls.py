"""`python -m bench.pulls [DIR]`: the members' real files, from bytes to committed records.

The hub, its PostgreSQL and the stand-ins together, beside a floor taken in the same run: the same
bytes read with polars or calamine and copied raw into a bare table. The hub's seconds run from the
first pull's start to the last commit. The bars are 60 s and 2 GB on two cores.
"""

import os
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table

from hub.store.embedded import embedded_postgres

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BAR = {"seconds": 60.0, "megabytes": 2000.0}
SAMPLE_SECONDS = 0.25
Figures = dict[str, float]


def run(data: Path = DATA) -> dict[str, Figures]:
    """Print the table and give its figures, with the hub's as ratios to the floor's."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        floor, _ = measure(Path(folder), "-m", "bench.pulls", "--floor", str(data))
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        asked = ("-m", "hub", "demo", "--once", "--json", "--data", str(data))
        hub, answer = measure(Path(folder), *asked)
        hub["seconds"] = pulls_took(Path(folder))
    feeds = answer["feeds"]
    if late := [feed for feed, figures in feeds.items() if figures["outcome"] != "PUBLISHED"]:
        raise RuntimeError(f"not published: {', '.join(late)}")
    hub["rows"] = sum(figures["rows"] for figures in feeds.values())
    floor["rows"] = hub["rows"]
    for figures in (hub, floor):
        figures["rows_per_second"] = figures["rows"] / figures["seconds"]
    results = {"hub": hub, "floor": floor, "ratio": {n: hub[n] / floor[n] for n in hub}}
    show(results, len(feeds))
    return results


def measure(state: Path, *arguments: str) -> tuple[Figures, dict[str, Any]]:
    """Run Python as a process of its own; gives its figures and the JSON of its last line.

    `seconds` is the whole run; processor time and memory are of all its processes.
    """
    command = [sys.executable, *arguments, "--state", str(state)]
    load, started, peak = os.getloadavg()[0], time.perf_counter(), 0
    spent = {"python_cpu": 0.0, "postgres_cpu": 0.0}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None:
            python, postgres = processes(run.pid), processes(postmaster(state))
            peak = max(peak, sum(map(memory_of, (*python, *postgres))))
            spent["python_cpu"] = max(spent["python_cpu"], cpu_of(python))
            spent["postgres_cpu"] = max(spent["postgres_cpu"], cpu_of(postgres))
            with suppress(subprocess.TimeoutExpired):
                run.wait(SAMPLE_SECONDS)
        output = run.stdout.read() if run.stdout else b""
    seconds = time.perf_counter() - started
    if run.returncode:
        raise RuntimeError(f"{command} ended with {run.returncode}")
    figures = {"seconds": seconds, "megabytes": peak / 1e6, **spent, "load": load}
    return figures, orjson.loads(output.splitlines()[-1])


def pulls_took(state: Path) -> float:
    """Seconds from the first pull's start to the last one's commit, by the log of pulls."""
    with embedded_postgres(state) as url, psycopg.connect(url) as connection:
        took = "SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 FROM pull"
        row = connection.execute(took).fetchone()
    return float(row[0]) if row else 0.0


def postmaster(state: Path) -> int | None:
    """The process of the state folder's PostgreSQL, which is nobody's child."""
    with suppress(FileNotFoundError, IndexError, ValueError):
        return int((state / "postgres" / "postmaster.pid").read_text().split()[0])
    return None


def processes(pid: int | None) -> list[psutil.Process]:
    """A process and its children, the process first."""
    with suppress(psutil.NoSuchProcess):
        if pid is not None and pid > 0:  # while a cluster is being made, its file holds minus one
            root = psutil.Process(pid)
            return [root, *root.children(recursive=True)]
    return []


def cpu_of(tree: list[psutil.Process]) -> float:
    """Seconds of processor time of a process and its children, those that have ended too."""
    spent = 0.0
    for at, process in enumerate(tree):
        with suppress(psutil.Error):
            times = process.cpu_times()
            spent += times.user + times.system
            spent += 0.0 if at else times.children_user + times.children_system
    return spent


def memory_of(process: psutil.Process) -> int:
    """Bytes of memory, those shared with others by its part."""
    with suppress(psutil.Error):
        return int(process.memory_full_info().pss)
    return 0


def copy_raw(data: Path, state: Path) -> int:
    """The floor: every line of every file of the manifest into one table, a commit a feed."""
    feeds = tomllib.loads((data / "manifest.toml").read_text("utf-8"))["feeds"]
    lines = 0
    with embedded_postgres(state) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE raw (line text)")
        for names in feeds.values():
            for name in names:
                frame = raw_lines(data / name)
                lines += frame.height
                copying = connection.cursor().copy("COPY raw FROM STDIN (FORMAT csv)")
                with copying as copy:
                    copy.write(frame.write_csv(None, include_header=False).encode())
            connection.commit()
    return lines


def raw_lines(path: Path) -> pl.DataFrame:
    if path.suffix == ".xlsx":
        book = CalamineWorkbook.from_path(path)
        sheets = (book.get_sheet_by_name(name) for name in book.sheet_names)
        rows = ["\t".join(map(str, row)) for sheet in sheets for row in sheet.to_python()]
        return pl.DataFrame({"line": rows})
    return pl.read_csv(
        path,
        has_header=False,
        separator="\x01",
        quote_char=None,
        encoding="utf8-lossy",
        new_columns=["line"],
        truncate_ragged_lines=True,
        infer_schema=False,
    ).select("line")


def show(results: dict[str, Figures], feeds: int) -> None:
    table = Table("", *results["hub"], title=f"{feeds} feeds, bytes to committed records")
    for name, figures in (*results.items(), ("bar", BAR)):
        cells = (f"{figures[n]:,.1f}" if n in figures else "" for n in results["hub"])
        table.add_row(name, *cells)
    Console(width=120).print(table)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--floor", data, "--state", state]:
            print(orjson.dumps({"lines": copy_raw(Path(data), Path(state))}).decode())
        case folder:
            run(*map(Path, folder))
