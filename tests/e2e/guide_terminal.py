"""A shell in a terminal of 80 columns, which keeps its variables from one command to the next."""

import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COLUMNS = 80
PATIENCE_SECONDS = 180
_ENDED = re.compile(r"\x1e(\d+)\x1e")
_COLOURS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()].)")


@dataclass(frozen=True)
class Terminal:
    """A running shell, and the screen that it writes to."""

    shell: subprocess.Popen[bytes]
    screen: int

    def run(self, command: str) -> tuple[int, str]:
        """Type a command; give its exit status and what the screen then shows, without colours."""
        assert self.shell.stdin
        typed = f"{{\n{command}\n}} </dev/null\nprintf '\\036%s\\036' $?\n"
        self.shell.stdin.write(typed.encode())
        self.shell.stdin.flush()
        told = b""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (ended := _ENDED.search(told.decode(errors="ignore"))):
            assert time.monotonic() < until, f"does not end:\n{command}\n{told.decode()}"
            if select.select([self.screen], [], [], 1)[0]:
                told += os.read(self.screen, 65536)
        return int(ended[1]), _as_seen(told.decode()[: ended.start()])


@contextmanager
def terminal(folder: Path, environment: dict[str, str]) -> Iterator[Terminal]:
    """Open a terminal in a folder."""
    screen, line = pty.openpty()
    termios.tcsetwinsize(line, (50, COLUMNS))
    shell = subprocess.Popen(
        ["/bin/sh"],
        stdin=subprocess.PIPE,
        stdout=line,
        stderr=line,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    os.close(line)
    try:
        yield Terminal(shell, screen)
    finally:
        shell.communicate(timeout=20)
        os.close(screen)


def _as_seen(text: str) -> str:
    """Drop colours, and of a line that was written over all but the last."""
    lines = _COLOURS.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rsplit("\r", 1)[-1] for line in lines)
