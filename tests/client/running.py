"""A hub that listens on this machine, stopped and started at will, and changes to its records."""

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import uvicorn
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from federation.records.registry import RECORD_TYPES
from hub.agreements.watch import FixedPolicies
from hub.app import build_app
from hub.entrance import embedded_issuer
from hub.identity.types import Purpose
from hub.policy.engine import load_policies
from hub.settings import Settings
from tests.hub.gateway.serving import CLIENTS

CLIENT = "us-fda"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass
class RunningHub:
    """One hub over one database. `policies` are those that it starts with next."""

    database: str
    state: Path
    policies: Path
    port: int = field(default_factory=free_port)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self):
        return Settings(
            state_dir=self.state,
            policies_dir=self.policies,
            public_url=self.address,
            client_rate=0,
            member_rate=0,
        )

    def token(self, client=CLIENT, purpose=Purpose.SHORTAGE_RESPONSE):
        return embedded_issuer(self.settings).mint(CLIENTS[client], purpose, 3600)

    def start(self):
        policies = FixedPolicies(load_policies(self.policies))
        app = build_app(self.settings, self.database, policies=policies)
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def stop(self):
        if self._server is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._server = None

    def restart(self, policies=None):
        self.stop()
        self.policies = policies or self.policies
        self.start()


@contextmanager
def publishing(url):
    """Change records as the hub's own pulls do: in one transaction, with the next places."""
    with psycopg.connect(url) as connection:
        yield Publisher(connection)


@dataclass
class Publisher:
    connection: psycopg.Connection

    def change(self, record_type, key, **values):
        """Give a record a new version."""
        table, row = self._current(record_type, key)
        now = self._now(row)
        self._close(table, key, now)
        self._insert(table, row | values | {"recorded_at": now, "change_seq": self._next()})

    def add(self, record_type, like, key):
        """Add a record like another."""
        table, row = self._current(record_type, like)
        now = self._now(row)
        fresh = {"key": key, "national_id": key, "recorded_at": now, "first_recorded_at": now}
        self._insert(table, row | fresh | {"change_seq": self._next()})

    def remove(self, record_type, key):
        """Drop a record for good."""
        table, row = self._current(record_type, key)
        self._close(table, key, self._now(row))
        self.connection.execute(
            SQL(
                "UPDATE {} SET removed_seq = %s WHERE key = %s AND superseded_at IS NOT NULL "
                "AND removed_seq IS NULL AND version_id = %s"
            ).format(table),
            [self._next(), key, row["version_id"]],
        )

    def keys(self, record_type, origin, count):
        """Find keys of current records."""
        table = Identifier(RECORD_TYPES[record_type].table)
        found = self.connection.execute(
            SQL(
                "SELECT key FROM {} WHERE superseded_at IS NULL AND origin = %s "
                "ORDER BY key LIMIT %s"
            ).format(table),
            [origin, count],
        )
        return [key for (key,) in found]

    def _current(self, record_type, key):
        table = Identifier(RECORD_TYPES[record_type].table)
        with self.connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
            cursor.execute(
                SQL("SELECT * FROM {} WHERE key = %s AND superseded_at IS NULL").format(table),
                [key],
            )
            return table, cursor.fetchone()

    def _now(self, row):
        statement = "SELECT date_trunc('milliseconds', clock_timestamp())"
        return self.connection.execute(statement).fetchone()[0]

    def _next(self):
        newest = ", ".join(
            f"(SELECT max(greatest(change_seq, removed_seq)) FROM {each.table})"
            for each in RECORD_TYPES.values()
        )
        return self.connection.execute(f"SELECT greatest({newest}) + 1").fetchone()[0]

    def _close(self, table, key, now):
        self.connection.execute(
            SQL("UPDATE {} SET superseded_at = %s WHERE key = %s AND superseded_at IS NULL").format(
                table
            ),
            [now, key],
        )

    def _insert(self, table, row):
        kept = self._columns(table, row)
        values = [Jsonb(row[name]) if isinstance(row[name], dict) else row[name] for name in kept]
        self.connection.execute(
            SQL("INSERT INTO {} ({}) VALUES ({})").format(
                table,
                SQL(", ").join(map(Identifier, kept)),
                SQL(", ").join([SQL("%s")] * len(kept)),
            ),
            values,
        )

    def _columns(self, table, row):
        found = self.connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
            "AND is_generated = 'NEVER' AND column_name <> 'version_id'",
            [table.as_string().strip('"')],
        )
        return [name for (name,) in found if name in row]
