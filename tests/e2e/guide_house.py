"""A fresh clone in which `make demo` runs: a folder of its own with its own state and port."""

import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 240


@dataclass(frozen=True)
class House:
    """A running demo: its clone, its host and port, and what a terminal beside it is told."""

    folder: Path
    address: str
    environment: dict[str, str]


@contextmanager
def demo_in_a_fresh_clone() -> Iterator[House]:
    """Run `make demo` as its recipe says, on a free port, until the reader is done."""
    with tempfile.TemporaryDirectory(prefix="hub-guide-") as home:
        folder = _clone(Path(home))
        environment = _environment(Path(home))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        asked = ["make", "--no-print-directory", "-n", "-o", "install", "demo"]
        recipe = subprocess.check_output(asked, cwd=folder)
        with (folder / "told").open("wb") as told:
            demo = subprocess.Popen(
                [*recipe.decode().split(), "--port", str(port)],
                cwd=folder,
                env=environment,
                stdout=told,
                stderr=told,
            )
        try:
            _wait_until_it_serves(demo, folder / "told")
            yield House(folder, f"127.0.0.1:{port}", environment)
        finally:
            demo.terminate()
            demo.wait(timeout=60)


def _clone(home: Path) -> Path:
    """Make the folder `alliance`, which looks like a checkout after `make install`."""
    folder = home / "alliance"
    folder.mkdir()
    for name in ("Makefile", "client", "graphql", "policies", "docs", "requirements"):
        (folder / name).symlink_to(CHECKOUT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def _environment(home: Path) -> dict[str, str]:
    """Give a bare environment.

    pip asks no registry: what the client needs is where the tests have it.
    """
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it as the answer to "isolated?"
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def _wait_until_it_serves(demo: subprocess.Popen[bytes], told: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while "Ctrl-C" not in (text := told.read_text()):
        assert demo.poll() is None, text
        assert time.monotonic() < until, text
        time.sleep(0.2)
