"""A run that is killed at any step: the next one brings every row exactly once."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.client.dying import PLACES
from tests.client.running import publishing

DYING = Path(__file__).with_name("dying.py")
TYPE = "SupplyNotice"
FIRST = list(PLACES)[:11]
LATER = list(PLACES)[11:]
IN_TARGET = ["rows are loaded, the cursor is not", "all is loaded"]


def run(hub, target, *place):
    """Run the command in a process of its own."""
    started = [str(DYING), *place] if place else ["-c", "from hub_client.cli import main; main()"]
    command = [sys.executable, *started]
    command += ["sync", "--into", target, "--hub", hub.address, "--types", TYPE]
    environment = os.environ | {"HUB_CLIENT_TOKEN": hub.token(), "PYTHONWARNINGS": "default"}
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)


def change(hub):
    with publishing(hub.database) as publish:
        one, other, *_ = publish.keys(TYPE, "KR", 4)
        publish.change(TYPE, one, title="changed between the runs")
        publish.add(TYPE, one, f"{one}.{uuid4().hex}")
        publish.remove(TYPE, other)


def check_killed(hub, target, place):
    killed = run(hub, target, place)
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def check_goes_on(hub, target, compare):
    done = run(hub, target)
    assert done.returncode == 0, done.stderr
    compare(target, [TYPE])


@pytest.mark.parametrize("place", FIRST)
def test_a_first_run_killed_at_one_place_goes_on(hub, folder_target, compare, place):
    check_killed(hub, folder_target, place)
    change(hub)
    check_goes_on(hub, folder_target, compare)


@pytest.mark.parametrize("place", IN_TARGET)
def test_a_target_that_is_being_loaded_holds_all_or_nothing(hub, target, compare, place):
    check_killed(hub, target, place)
    change(hub)
    check_goes_on(hub, target, compare)


@pytest.mark.parametrize("place", LATER)
def test_a_later_run_that_is_killed_goes_on(hub, target, compare, place):
    check_goes_on(hub, target, compare)
    change(hub)
    check_killed(hub, target, place)
    check_goes_on(hub, target, compare)
