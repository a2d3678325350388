"""`python dying.py PLACE …`: the command, killing itself at a named place as a power cut would."""

import os
import signal
import sys
from collections.abc import Callable

from hub_client import cli, exports, feed, state
from hub_client.incoming import Incoming


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def patch(owner, name, *, after, nth=1):
    """Have a function kill the process before or after it runs for the nth time."""
    run, count = getattr(owner, name), 0

    def dying(*given, **more):
        nonlocal count
        count += 1
        if count == nth and not after:
            die()
        found = run(*given, **more)
        if count == nth:
            die()
        return found

    setattr(owner, name, dying)


def half_a_file():
    """Have a download end in the middle of a file."""

    def append(hub, link, manifest, file):
        with hub.stream(link, {}) as answer:
            file.write(answer.read()[: manifest.size // 2])
            file.flush()
        die()

    exports._append = append


PLACES: dict[str, Callable[[], None]] = {
    "the cursor is taken": lambda: patch(feed, "newest", after=True),
    "the plan is kept": lambda: patch(Incoming, "keep", after=True),
    "an export is asked for": lambda: patch(exports, "ask", after=True),
    "an export is waited for": lambda: patch(exports, "await_file", after=False),
    "a manifest is read": lambda: patch(exports, "read_manifest", after=True),
    "half a file is fetched": half_a_file,
    "a file is fetched": lambda: patch(exports, "fetch", after=True),
    "an export is deleted": lambda: patch(exports, "delete", after=True),
    "all files are there": lambda: patch(feed, "read", after=True, nth=2),
    "rows are loaded, the cursor is not": lambda: patch(state.State, "text", after=False),
    "all is loaded": lambda: patch(Incoming, "clear", after=False, nth=2),
    "a page of changes is read": lambda: patch(feed, "read", after=True),
    "changes are applied, the cursor is not": lambda: patch(state.State, "text", after=False),
}

if __name__ == "__main__":
    PLACES[sys.argv.pop(1)]()
    cli.main()
