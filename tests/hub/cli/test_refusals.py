"""How a command line ends that can't be carried out: one line on standard error, and a status."""

import json
import sys

import pytest

from hub import cli
from hub.errors import NotFound


@pytest.fixture
def hub(monkeypatch, capsys, tmp_path):
    """Run the command line to its end: its status, and what it told on standard error."""
    monkeypatch.setattr(cli, "log_to_stderr", lambda: None)
    monkeypatch.setattr(cli, "end_when_told", lambda: None)
    monkeypatch.setenv("HUB_STATE_DIR", str(tmp_path))

    def run(*typed):
        monkeypatch.setattr(sys, "argv", ["hub", *typed])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return ended.value.code, told.err

    return run


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("nothing",), "hub --help"),
        (("status", "--nothing"), "hub status --help"),
        (("token", "--client", "us-fda"), "`hub token --help`"),
        (("status", "kr.nothing"), "no feed `kr.nothing`"),
        (("pull", "kr.filed_stock_reports"), "`hub submit --help`"),
        (("quarantine", "show", "kr.mfds_permits", "--first", "0"), "--first"),
        (("client", "add", "x", "--member", "XX"), "XX"),
    ],
)
def test_what_can_t_be_carried_out_is_refused_in_one_line(hub, typed, said):
    status, told = hub(*typed)
    assert status == 2
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    assert said in told


@pytest.mark.parametrize("typed", [("status", "kr.nothing"), ("status", "--nothing")])
def test_a_refusal_is_json_where_json_was_asked_for(hub, typed):
    status, told = hub(*typed, "--json")
    assert status == 2
    assert set(json.loads(told)["error"]) == {"code", "message"}


def test_a_refusal_in_json_has_the_code_of_the_error(hub, monkeypatch):
    def refuse(*_):
        raise NotFound("there is none", code="NONE")

    monkeypatch.setattr("hub.cli.keys.signing_keys", refuse)
    _, told = hub("keys", "list", "--json")
    assert json.loads(told) == {"error": {"code": "NONE", "message": "there is none"}}


def test_settings_that_can_t_be_taken_are_named_without_their_values(hub, monkeypatch):
    monkeypatch.setenv("HUB_LANDING_DAYS", "hunter2")
    status, told = hub("keys", "list")
    assert status == 2
    assert told.count("\n") == 1
    assert "HUB_LANDING_DAYS" in told
    assert "hunter2" not in told


def test_a_folder_that_can_t_be_used_is_named(hub, tmp_path):
    (tmp_path / "file").write_text("")
    status, told = hub("keys", "list", "--state", str(tmp_path / "file" / "below"))
    assert status == 2
    assert told.count("\n") == 1
    assert "below" in told


def test_a_group_alone_is_explained(hub, capsys):
    assert hub("policy") == (2, "")
