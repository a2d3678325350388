"""`python -m bench.weight`: what the hub weighs before anybody asks it anything.

Start to ready of `hub serve` on its own PostgreSQL, in an empty folder and in a used one; memory
of its processes at rest, a page that several share counted in shares; how long short commands take;
how long installing takes, of packages that pip has in its cache or else must fetch; and what is
installed for what `pyproject.toml` names.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import psutil
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console
from rich.table import Table

from bench.kills import until_ready

ROOT = Path(__file__).parents[1]
PYPROJECT = ROOT / "pyproject.toml"
PINS = ROOT / "requirements/runtime.txt"
REASON = re.compile(r'^    "([\w.-]+)[^"]*",\s*# (.+)$', re.MULTILINE)
"""A dependency's line: its name, and why it is one."""

PORT = 18442
STOP_SECONDS = 60.0
REST_SECONDS = 15.0
"""From ready to at rest: the worker has started by then, and planned the feeds."""

COMMANDS = ("--help", "status")
TIMES = 3
BAR_S = 3.0

Figures = dict[str, float]
Results = dict[str, Figures]
Need = tuple[str, frozenset[str]]
"""A distribution that something needs, by its canonical name, and which of its extras."""


class Part(NamedTuple):
    """A dependency: what goes if it goes, in megabytes and distributions, and why it is there."""

    name: str
    mb: float
    distributions: int
    reason: str


def run() -> Results:
    """Print the tables and give their figures: seconds, megabytes, and counts."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        seconds, memory = _at_rest(Path(folder) / "state")
        seconds["install"] = _install(Path(folder) / "venv")
    parts, installed = _installed()
    _show(seconds, memory, parts, installed)
    return {"seconds": seconds, "memory_mb": memory, "installed": installed}


def _at_rest(state: Path) -> tuple[Figures, Figures]:
    with _started(state) as (first, _):
        pass
    with _started(state) as (again, process):
        time.sleep(REST_SECONDS)
        memory = _memory(process, state)
        short = {
            f"hub {name}": min(_command(name, state) for _ in range(TIMES)) for name in COMMANDS
        }
    seconds = {"first start to ready": first, "start to ready": again}
    return seconds | short, memory


@contextmanager
def _started(state: Path) -> Iterator[tuple[float, psutil.Process]]:
    """Start a hub; give the seconds until it is ready, and its process."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "hub", "serve", "--state", str(state), "--port", str(PORT)]
    with _quiet(command) as process:
        try:
            asyncio.run(until_ready(PORT))
            yield time.perf_counter() - began, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _command(name: str, state: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "hub", name]
    with _quiet(command if name.startswith("-") else [*command, "--state", str(state)]) as process:
        process.wait()
    return time.perf_counter() - began


def _install(folder: Path) -> float:
    """Install what the hub needs where nothing is; give the seconds."""
    began = time.perf_counter()
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install"]
    subprocess.run([*pip, "--require-hashes", "-r", str(PINS)], check=True, capture_output=True)
    return time.perf_counter() - began


def _quiet(command: list[str]) -> subprocess.Popen[bytes]:
    environment = {name: each for name, each in os.environ.items() if not name.startswith("HUB_")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a hub at home compiles once
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, env=environment, stdout=nowhere, stderr=nowhere)


def _memory(gateway: psutil.Process, state: Path) -> Figures:
    postmaster = psutil.Process(int((state / "postgres/postmaster.pid").read_text().split()[0]))
    return {
        "gateway": _megabytes(gateway),
        "worker": sum(map(_megabytes, gateway.children())),
        "PostgreSQL": sum(map(_megabytes, [postmaster, *postmaster.children()])),
    }


def _megabytes(process: psutil.Process) -> float:
    return process.memory_full_info().pss / 1e6


def _installed() -> tuple[list[Part], Figures]:
    """Weigh what is installed for each dependency, the heaviest first, and all of it."""
    text = PYPROJECT.read_text()
    reasons = {canonicalize_name(name): why for name, why in REASON.findall(text)}
    named = set(map(_need, map(Requirement, tomllib.loads(text)["project"]["dependencies"])))
    everything = _all_for(named)
    parts = []
    for need in named:
        gone = everything - _all_for(named - {need})
        parts.append(Part(need[0], _megabytes_of(gone), len(gone), reasons[need[0]]))
    figures = {
        "dependencies": len(named),
        "distributions": len(everything),
        "megabytes": _megabytes_of(everything),
    }
    return sorted(parts, key=lambda part: -part.mb), figures


def _all_for(needs: set[Need]) -> set[str]:
    """List the distributions that are there for some needs, by their names."""
    found: set[Need] = set()
    left = needs
    while left:
        found |= left
        left = {below for need in left for below in _below(*need)} - found
    return {name for name, _ in found}


def _below(name: str, extras: frozenset[str]) -> Iterator[Need]:
    for text in distribution(name).requires or []:
        required = Requirement(text)
        wanted = [{"extra": extra} for extra in ("", *extras)]
        if required.marker is None or any(map(required.marker.evaluate, wanted)):
            yield _need(required)


def _need(required: Requirement) -> Need:
    return canonicalize_name(required.name), frozenset(required.extras)


def _megabytes_of(names: Iterable[str]) -> float:
    """Add up the files that were installed, but what Python compiled of them."""
    files = (file for name in names for file in distribution(name).files or [])
    return sum(file.size or 0 for file in files) / 1e6


def _show(seconds: Figures, memory: Figures, parts: list[Part], installed: Figures) -> None:
    table = Table("", "seconds", title=f"Time, start to ready under {BAR_S:.0f} s")
    for name, figure in seconds.items():
        table.add_row(name, f"{figure:.2f}")
    Console().print(table)
    table = Table("at rest", "MB", title="Memory")
    for name, figure in memory.items():
        table.add_row(name, f"{figure:.0f}")
    Console().print(table)
    table = Table("dependency", "MB", "distributions", "why it is there")
    table.title = "Installed: what goes if it goes"
    for part in parts:
        table.add_row(part.name, f"{part.mb:.1f}", str(part.distributions), part.reason)
    shared = installed["megabytes"] - sum(part.mb for part in parts)
    count = installed["distributions"] - sum(part.distributions for part in parts)
    table.add_row("needed by several", f"{shared:.1f}", str(count), "")
    table.add_row("all", f"{installed['megabytes']:.1f}", str(installed["distributions"]), "")
    Console().print(table)


if __name__ == "__main__":
    run()
