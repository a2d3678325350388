"""The embedded PostgreSQL: how it is set up."""

import psycopg

from hub.store.embedded import MAX_CONNECTIONS, MAX_WAL, embedded_postgres


def test_server_has_our_settings_however_often_it_was_started(tmp_path):
    for _ in range(2):
        with embedded_postgres(tmp_path / "state") as url, psycopg.connect(url) as connection:
            shown = [
                connection.execute(f"SHOW {name}").fetchone()[0]
                for name in ("max_connections", "max_wal_size")
            ]
    assert shown == [str(MAX_CONNECTIONS), MAX_WAL]
    lines = (tmp_path / "state" / "postgres" / "postgresql.conf").read_text().splitlines()
    assert lines.count(f"max_wal_size = {MAX_WAL}") == 1
