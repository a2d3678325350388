"""`hub keys`, as an operator types it."""

import json

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.cli import keys as commands
from hub.errors import Conflict
from hub.identity.own_issuer.keys import AT_ONCE_S, LAST_TOKEN_S, LEAD_S, SigningKeys


class Clock:
    """A clock that a test sets forward."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(
        commands,
        "signing_keys",
        lambda settings: SigningKeys.open(settings.state_dir / "keys", clock),
    )
    return clock


@pytest.fixture
def hub(tmp_path, clock):
    def run(command, *typed):
        result = CliRunner().invoke(app, ["keys", command, "--state", str(tmp_path), *typed])
        if result.exception:
            raise result.exception
        return result.stdout

    return run


def kids(shown):
    return [json.loads(line)["kid"] for line in shown.splitlines()]


def test_a_key_is_listed_rotated_and_retired_once_it_is_over(hub, clock):
    [old] = kids(hub("list", "--json"))
    assert "signing" in hub("list")
    assert "is published and signs from" in hub("rotate")
    new, still = kids(hub("list", "--json"))
    assert still == old
    assert "next" in hub("list")
    with pytest.raises(Conflict, match="will sign next"):
        hub("rotate")
    assert hub("retire") == "no key is over: `hub keys list` says when\n"
    clock.now += LEAD_S + LAST_TOKEN_S
    assert "over" in hub("list")
    assert hub("retire") == f"`{old}` is removed\n"
    assert kids(hub("list", "--json")) == [new]


def test_in_an_emergency_a_key_is_replaced_at_once(hub, clock):
    [old] = kids(hub("list", "--json"))
    with pytest.raises(Conflict, match="signs: let another one"):
        hub("retire", "--now", "--", old)
    hub("rotate", "--now")
    clock.now += AT_ONCE_S
    with pytest.raises(Conflict, match="not over"):
        hub("retire", "--", old)
    assert hub("retire", "--now", "--", old) == f"`{old}` is removed\n"
    assert old not in hub("list")
