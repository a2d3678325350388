"""Files made to hurt: each is refused with its reason, at little cost, and the worker lives."""

import multiprocessing
from dataclasses import replace

import pytest

from federation.members.registry import FEEDS
from federation.sources.files import BundledFile
from hub.sync.types import Outcome
from tests.hub.sync.hostile import HOSTILE, SHEET, read_on

MOST_MEMORY = 200 * 1024 * 1024
MOST_CPU_S = 5.0


@pytest.fixture(scope="module")
def reader():
    """A process that reads files, one after another."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=read_on, args=(theirs,))
    process.start()
    theirs.close()
    yield ours
    ours.send(None)
    process.join()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_at_little_cost_and_the_reader_lives(reader, name, tmp_path):
    file = tmp_path / "list"
    file.write_bytes(HOSTILE[name].make())
    reader.send((HOSTILE[name].feed, file))
    reason, memory, cpu_s = reader.recv()
    assert reason
    assert HOSTILE[name].reason in reason
    assert memory < MOST_MEMORY
    assert cpu_s < MOST_CPU_S


def served(hostile, folder):
    """Give the feed, but with the hostile file for its source."""
    file = folder / "list"
    file.write_bytes(hostile.make())
    return replace(FEEDS[hostile.feed], source=BundledFile(file))


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_pull_of_a_hostile_file_ends_with_its_reason(hub, name, tmp_path):
    result = await hub.pull(served(HOSTILE[name], tmp_path))
    assert result.outcome in {Outcome.FAILED, Outcome.HELD}
    assert HOSTILE[name].reason in result.reason


async def test_the_last_good_data_outlive_hostile_files(hub, tmp_path):
    await hub.pull(SHEET)
    before = await hub.current(SHEET)
    for name in ("a cell in the last corner", "a zip bomb that says it is small"):
        result = await hub.pull(served(HOSTILE[name], tmp_path))
        assert result.outcome is Outcome.FAILED
    assert before
    assert await hub.current(SHEET) == before
