"""Each limit is declared once, states itself, and stands on the page that operators read."""

import ast
import re

import pytest

from hub.errors import InvalidInput
from hub.gateway import limits
from hub.gateway.limits import LIMITS, Limit
from hub.settings import ROOT
from hub.store.database import STATEMENT_TIMEOUT_MS

PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| `")
]
PLAIN = Limit("SIZE_LIMIT", 3, "it has {found} parts", "send fewer", "a test")


def test_the_page_shows_every_limit_with_its_number_code_and_reason():
    assert [
        [f"| `{name}`", str(limit.most), f"`{limit.code}`", f"{limit.why} |"]
        for name, limit in LIMITS.items()
    ] == ROWS


def test_every_limit_is_checked_somewhere():
    used = {
        node.id if isinstance(node, ast.Name) else node.attr
        for path in (ROOT / "hub" / "gateway").rglob("*.py")
        if path.name != "limits.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name | ast.Attribute)
    }
    assert sorted(LIMITS.keys() - used) == []


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_states_the_figure_and_itself_and_what_to_do(name):
    limit = LIMITS[name]
    message = limit.message(limit.most + 1)
    assert str(limit.most + 1) in message
    assert f", {limit.most} at most: {limit.advice}" in message
    assert re.fullmatch(r"[A-Z_]+", limit.code)
    assert message[0].islower() or message[0] == "`"
    assert not message.endswith(".")
    assert limit.why.endswith(".")


@pytest.mark.parametrize("found", [0, 3])
def test_a_figure_up_to_the_limit_passes(found):
    PLAIN.check(found)


def test_a_figure_over_the_limit_is_refused_with_both():
    with pytest.raises(InvalidInput) as caught:
        PLAIN.check(4)
    assert caught.value.public_code == "SIZE_LIMIT"
    assert caught.value.message == "it has 4 parts, 3 at most: send fewer"


def test_a_figure_past_all_reason_is_not_written_out():
    assert PLAIN.message(999_999).startswith("it has 999999 parts")
    assert PLAIN.message(2**4000).startswith("it has over a million parts")


def test_the_time_of_a_statement_is_the_database_s_own():
    assert limits.STATEMENT_SECONDS.most * 1000 == STATEMENT_TIMEOUT_MS
