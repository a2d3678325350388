"""The command: what it writes for programs is JSON and nothing else, and its exit code says why."""

import json
import os
import subprocess
import sys

import pytest

TYPE = "SupplyNotice"


@pytest.fixture
def command(hub):
    """Run `hub-client sync --json` as a program does: its exit code, and what it wrote."""

    def run(*options, address=None, **environment):
        started = [sys.executable, "-c", "from hub_client.cli import main; main()", "sync"]
        given = ["--json", "--hub", address or hub.address, "--types", TYPE, *map(str, options)]
        environment = {"HUB_CLIENT_TOKEN": hub.token()} | environment
        done = subprocess.run(
            [*started, *given],
            env=os.environ | environment,
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode, json.loads(done.stdout), done.stderr

    return run


def test_a_run_that_ends_well_writes_its_summary_and_no_word_besides(command, target):
    code, first, told = command("--into", target)
    assert (code, first["ok"], first["anew"], told) == (0, True, 1, "")
    assert first["rows"] > 0
    code, later, told = command("--into", target)
    assert (code, later["anew"], later["changes"], told) == (0, 0, 0, "")


def test_a_hub_that_is_away_is_for_the_next_run(command, folder_target):
    code, answer, told = command(
        "--into", folder_target, "--patience", 0, address="http://127.0.0.1:1"
    )
    assert (code, answer["ok"], answer["exit"]) == (os.EX_TEMPFAIL, False, os.EX_TEMPFAIL)
    assert answer["error"] in told


@pytest.mark.parametrize("form", ["postgres", "nowhere"])
def test_a_target_that_is_away_is_for_the_next_run_and_none_at_all_is_to_be_corrected(
    command, form
):
    into = {"postgres": "postgres://127.0.0.1:1/none", "nowhere": "nowhere"}[form]
    code, answer, _ = command("--into", into)
    expected = os.EX_TEMPFAIL if form == "postgres" else os.EX_CONFIG
    assert (code, answer["exit"]) == (expected, expected)


def test_a_token_that_does_not_hold_is_not_admitted(command, folder_target):
    code, answer, _ = command("--into", folder_target, HUB_CLIENT_TOKEN="none")
    assert (code, answer["exit"]) == (os.EX_NOPERM, os.EX_NOPERM)


def test_nobody_in_particular_is_to_be_corrected(command, folder_target):
    code, answer, _ = command("--into", folder_target, HUB_CLIENT_TOKEN="")
    assert (code, answer["exit"]) == (os.EX_CONFIG, os.EX_CONFIG)
    assert "--client" in answer["error"]


def test_duckdb_draws_no_bar_into_the_output(tmp_path):
    asking = (
        "import sys; from pathlib import Path; from hub_client.targets.duck import DuckTarget\n"
        "with DuckTarget(Path(sys.argv[1]))._transaction() as database:\n"
        "    print(*database.execute(\"SELECT current_setting('enable_progress_bar')\").fetchone())"
    )
    done = subprocess.run(
        [sys.executable, "-c", asking, str(tmp_path / "copy.duckdb")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "False"
