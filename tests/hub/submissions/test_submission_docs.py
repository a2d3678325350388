"""`docs/submissions.md` names every rule, state and feed there is, and the limits."""

import re
from datetime import UTC, datetime

import pytest

from federation.members.submitted import SUBMITTED, TEMPLATES
from hub.gateway.submissions.routes import SUFFIXES
from hub.settings import ROOT
from hub.submissions.checking import MAX_BYTES, MAX_DEFECTS, MAX_ROWS
from hub.submissions.filing import MAX_KEY_CHARS
from hub.submissions.kept import KEY_DAYS
from hub.submissions.rules import rules_of
from hub.submissions.types import State

PAGE = (ROOT / "docs" / "submissions.md").read_text()
SOURCES = [
    (ROOT / "hub" / "submissions" / name).read_text() for name in ("checking.py", "stored.py")
]


def codes():
    today = datetime.now(UTC).date()
    of_cells = {rule.code for one in TEMPLATES.values() for rule in rules_of(one, today)}
    told = {code for text in SOURCES for code in re.findall(r'"([A-Z]+_[A-Z_]*[A-Z])"', text)}
    links = {"UNKNOWN_PRODUCT", "UNKNOWN_ORGANIZATION", "UNREADABLE", "MALFORMED_ROW"}
    return of_cells | (told - {"TOO_MANY_ROWS"}) | links


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_rule_is_explained(code):
    assert f"`{code}`" in PAGE


def test_no_rule_is_explained_that_is_none():
    table = PAGE.partition("## Defects")[2].partition("## How")[0]
    explained = {
        code
        for line in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for code in re.findall(r"`([A-Z_]+)`", line)
    }
    assert explained == codes()


def test_every_state_media_type_and_limit_is_named():
    for state in State:
        assert f"`{state}`" in PAGE
    for media_type in SUFFIXES:
        assert f"`{media_type}`" in PAGE
    for figure in (
        f"{MAX_BYTES // 2**20} MiB",
        f"{MAX_ROWS:,} rows",
        f"{MAX_DEFECTS:,} at most",
        f"{KEY_DAYS} days",
        f"1 to {MAX_KEY_CHARS} printable",
    ):
        assert figure in PAGE
    for feed in SUBMITTED:
        assert f"`<member>.{feed.partition('.')[2]}`" in PAGE
