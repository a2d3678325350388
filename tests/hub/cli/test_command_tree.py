"""Every command of the command line: in the contents, explained, with an example and with JSON."""

import re
import shlex
import subprocess
import sys

import pytest
import typer

from hub.cli.contents import CONTENTS, app, load

SHORT = 62
"""Characters of a line in the contents of 80 columns, beside the longest name."""

WITHOUT_JSON = {
    "hub serve": "runs until it is stopped",
    "hub worker": "runs until it is stopped",
    "hub template": "writes a form for people",
    "hub schema": "writes files, and says which are stale by its exit status",
    "hub substances resolve": "writes nothing but JSON lines",
}
"""Commands that print no JSON, each with the reason."""

CHANGES = {
    "hub client": {"add", "disable", "enable"},
    "hub webhooks": {"remove", "test"},
    "hub schedule": {"pause", "resume", "set", "trigger"},
    "hub held": {"release", "reject", "mode"},
    "hub policy mode": {"vote", "withdraw"},
    "hub keys": {"rotate", "retire", "distrust"},
    "hub issuer": {"propose", "approve", "withdraw", "distrust", "lift"},
    "hub review": {"decide", "undo"},
    "hub entities": {"same", "different", "undo"},
    "hub sign-in": {"add", "remove"},
}
"""Commands that change one thing: a sentence says what was done, and the exit status whether."""


def leaves(command, path):
    groups = getattr(command, "commands", {})
    if not groups or getattr(command, "invoke_without_command", False):
        yield path, command
    for name, each in groups.items():
        yield from leaves(each, f"{path} {name}")


ROOT = typer.main.get_command(app)
LINES = {name: line for commands in CONTENTS.values() for name, (_, line) in commands.items()}
COMMANDS = dict(leaf for name in LINES for leaf in leaves(load(name), f"hub {name}"))


def options(command):
    return {option for each in command.params for option in each.opts}


def is_change(path):
    group, _, name = path.rpartition(" ")
    return name in CHANGES.get(group, ())


@pytest.mark.parametrize("path", COMMANDS)
def test_whatever_reads_prints_json_if_asked(path):
    has_json = "--json" in options(COMMANDS[path])
    assert has_json is not (path in WITHOUT_JSON or is_change(path))


def test_every_exception_is_a_command():
    named = {f"{group} {name}" for group, names in CHANGES.items() for name in names}
    assert {*WITHOUT_JSON, *named} <= set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_example_of_each_command_can_be_typed(path):
    words = shlex.split(COMMANDS[path].help.partition("Example: ")[2])
    assert words[0] == "hub"
    context = ROOT.make_context("hub", words[1:])
    while isinstance(context.command, typer.core.TyperGroup):
        left = [*context._protected_args, *context.args]
        if not left:
            break
        name, found, rest = context.command.resolve_command(context, left)
        context = found.make_context(name, rest, parent=context)
    assert context.command_path == path


@pytest.mark.parametrize("path", COMMANDS)
def test_every_argument_and_option_is_explained(path):
    assert [each.name for each in COMMANDS[path].params if not each.help and not each.hidden] == []


def test_the_contents_name_every_command_in_one_line():
    assert list(LINES) == ROOT.list_commands(None)
    assert [name for name, line in LINES.items() if len(line) > SHORT] == []


@pytest.mark.parametrize("name", LINES)
def test_a_line_of_the_contents_is_what_its_command_says(name):
    said = re.split(r"\n\n", load(name).help)[0]
    assert LINES[name] == said


@pytest.mark.parametrize(
    ("typed", "unneeded"),
    [
        (("--help",), {"hub.cli.desk", "hub.settings", "polars", "psycopg", "sqlalchemy"}),
        (("status", "--help"), {"hub.app", "hub.gateway", "fastapi", "strawberry", "starlette"}),
        (("pull", "--help"), {"hub.app", "hub.gateway", "fastapi", "strawberry", "starlette"}),
    ],
)
def test_what_a_command_does_not_need_is_not_loaded(typed, unneeded):
    shown = [sys.executable, "-X", "importtime", "-m", "hub", *typed]
    ended = subprocess.run(shown, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "hub.cli" in loaded
    assert loaded & unneeded == set()
