"""`docs/threats.md` against the suite: it names every attack test, and no test that isn't there."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
MAP = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")

ATTACKS = [f"A{number}" for number in (*range(1, 15), 19, 20, 21)]
SURPRISES = [f"S{number}" for number in range(1, 27)]


def functions_in(folder):
    """Names of the test functions below a folder."""
    for path in folder.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and node.name.startswith("test_"):
                yield node.name


def ids_of(test):
    """What a test's name says it is about: `test_s5_s6_ours_…` is about S5 and S6."""
    found = re.match(r"test((?:_[as]\d+)+)_", test)
    return {part.upper() for part in found[1].split("_")[1:]} if found else set()


def rows_of(attack):
    """The rows of an attack's table: case, control, tests."""
    section = re.search(rf"^## {attack}\..*?(?=^## |\Z)", MAP, re.DOTALL | re.MULTILINE)
    assert section, f"`docs/threats.md` has no section `## {attack}.`"
    lines = [line.split("|")[1:-1] for line in section[0].splitlines() if line.startswith("|")]
    return lines[2:]


EXISTING = set(functions_in(TESTS))
NAMED = set(re.findall(r"`(test_\w+)`", MAP))
FILES = set(re.findall(r"`((?:hub|federation|policies)/[\w/.]+)`", MAP))


def test_every_test_that_the_map_names_is_there():
    assert sorted(NAMED - EXISTING) == []


def test_every_attack_test_stands_in_the_map():
    attacks = {test for test in functions_in(TESTS / "security") if ids_of(test)}
    assert sorted(attacks - NAMED) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_case_of_an_attack_has_a_control_and_a_test_of_its_id(attack):
    rows = rows_of(attack)
    assert rows
    for case, control, tests in rows:
        assert case.strip()
        assert control.strip()
        named = re.findall(r"`(test_\w+)`", tests)
        assert any(attack in ids_of(test) for test in named), case


@pytest.mark.parametrize("surprise", SURPRISES)
def test_every_surprise_has_its_pin_and_our_answer(surprise):
    (row,) = (line for line in MAP.splitlines() if line.startswith(f"| {surprise} |"))
    assert len(re.findall(r"`test_\w+`", row)) >= 2
    assert any(surprise in ids_of(test) for test in re.findall(r"`(test_\w+)`", row))


def test_every_file_that_the_map_names_is_there():
    assert [file for file in FILES if not (ROOT / file).exists()] == []
