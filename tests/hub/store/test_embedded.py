"""The embedded PostgreSQL: how it is set up."""

import os

import psycopg

from hub.store.embedded import (
    MAX_CONNECTIONS,
    MAX_WAL,
    SYSTEM_PROGRAMS,
    embedded_postgres,
)


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


def test_backend_that_is_woken_does_not_cut_in_on_who_asks(tmp_path):
    with embedded_postgres(tmp_path / "state") as url, psycopg.connect(url) as connection:
        assert os.sched_getscheduler(connection.info.backend_pid) == os.SCHED_BATCH
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_system_that_forbids_it_costs_no_more_than_that(tmp_path, monkeypatch):
    def forbid(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbid)
    with embedded_postgres(tmp_path / "state") as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_root_finds_what_makes_the_servers_user_even_after_su(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    with embedded_postgres(tmp_path / "state"):
        assert os.get_exec_path()[-1] == SYSTEM_PROGRAMS
