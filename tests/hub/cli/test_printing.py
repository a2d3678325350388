"""How tables, lines and remarks come out: whole in 80 columns, and never an empty table."""

import re
from datetime import UTC, datetime

import pytest

from hub.cli.printing import figure, print_lines, print_table, table, whole
from hub.cli.quarantine import counted
from hub.sync.quarantine.cases import Count

ESCAPES = re.compile(r"\x1b\[[\d;]*m")
LONG = "KR.Ingredient." + "0123456789" * 12


@pytest.fixture(autouse=True)
def _narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def printed(capsys):
    return capsys.readouterr().out.splitlines()


def test_a_table_without_rows_is_said_in_words(capsys):
    print_table(table("feed", figures=("rows",)), none="no feed: `hub pull` pulls all")
    assert printed(capsys) == ["no feed: `hub pull` pulls all"]


def test_no_lines_are_said_in_words_and_some_are_printed(capsys):
    print_lines([], none="nothing yet")
    print_lines(["one", "two"], none="nothing yet")
    assert printed(capsys) == ["nothing yet", "one", "two"]


def test_a_long_word_is_folded_and_a_whole_one_stays(capsys):
    shown = table(whole("feed"), "key", figure("rows"))
    shown.add_row("kr.filed_supply_notices", LONG, "7")
    print_table(shown)
    _, _, first, *more = lines = printed(capsys)
    assert max(map(len, lines)) <= 80
    assert first.startswith("kr.filed_supply_notices  KR.")
    key, *rest = first.removeprefix("kr.filed_supply_notices").replace(" 7", "").split()
    assert rest == []
    assert "".join([key, *(line.strip() for line in more)]) == LONG


@pytest.mark.parametrize("setting", ["NO_COLOR", "FORCE_COLOR"])
def test_counts_in_quarantine_fit_80_columns_with_and_without_colour(capsys, monkeypatch, setting):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(setting, "1")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    code = "MISSING_AUTHORISATION_HOLDER_NAME"
    figures = (123_456, 12_345, 12_345, 0, 0)
    found = [
        Count("us.filed_supply_notices", each, 123_456, *figures, at)
        for each in (code, "NO_IDENTITY")
    ]
    print_table(counted(found))
    out = capsys.readouterr().out
    lines = ESCAPES.sub("", out).splitlines()
    assert ("\x1b" in out) is (setting == "FORCE_COLOR")
    assert max(map(len, lines)) <= 80
    assert sum("us.filed_supply_notices" in line for line in lines) == 1
    reasons = "".join(line.partition(" ")[0] for line in lines[3:])
    assert reasons == f"{code}NO_IDENTITY"
    assert "…" not in "".join(lines)
