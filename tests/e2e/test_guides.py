"""Each guide does what it says: every block of it is run, and prints what it shows."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from hub.cli import app
from tests.e2e.guide_house import CHECKOUT, House, demo_in_a_fresh_clone
from tests.e2e.guide_scene import Reader, assert_shown, blocks
from tests.e2e.guide_terminal import terminal

GUIDES = sorted((CHECKOUT / "docs" / "guides").glob("*.md"))
README = (CHECKOUT / "README.md").read_text()
SHELL = "".join(block.text for block in blocks(README) if block.language == "sh")
COMMANDS = re.findall(r"\.venv/bin/hub ([^\n)]+)", SHELL.replace("\\\n", " "))


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with demo_in_a_fresh_clone() as running:
        yield running


@pytest.mark.timeout(900)
@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_step_of_a_guide_does_what_it_says(house: House, guide: Path):
    with terminal(house.folder, house.environment) as opened:
        reader = Reader(house, opened)
        for block in blocks(guide.read_text()):
            reader.take(block)


def test_the_readme_leads_to_each_guide():
    assert [guide.stem for guide in GUIDES] == ["agency", "regulator", "secretariat"]
    for guide in GUIDES:
        assert f"(docs/guides/{guide.name})" in README


def test_what_a_guide_shows_may_leave_out_and_not_misstate():
    assert_shown("a …\n…\nend", "a token\none\ntwo\nend\n")
    for misstated in ("a …\nend", "b …\n…\nend", "a …\n…"):
        with pytest.raises(AssertionError):
            assert_shown(f"{misstated}!", "a token\none\ntwo\nend\n")


@pytest.mark.parametrize("line", COMMANDS)
def test_the_readme_names_commands_and_options_that_there_are(line: str):
    words = shlex.split(line, comments=True)
    command = get_command(app)
    context = command.make_context("hub", words)
    while hasattr(command, "resolve_command"):
        left = [*context._protected_args, *context.args]
        name, command, words = command.resolve_command(context, left)
        context = command.make_context(name, words, parent=context)
    assert not context.args


def test_every_folder_that_the_readme_maps_is_there_and_none_is_left_out():
    _, _, table = README.partition("## Where things are")
    first_cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    mapped = {name.rstrip("/") for cell in first_cells for name in re.findall(r"`(.*?)`", cell)}
    rooms = {
        f"{house}/{room.name}"
        for house in ("federation", "hub")
        for room in (CHECKOUT / house).iterdir()
        if (room / "__init__.py").is_file()
    }
    named = {name if "/" in name else f"federation/{name}" for name in mapped}
    assert rooms <= named
    assert all((CHECKOUT / name).exists() for name in mapped if "/" in name)
