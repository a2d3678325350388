"""Texts for every combination of patterns that some text meets, against trying all short texts."""

import re
from itertools import product

import pytest

from hub.policy import patterns
from hub.policy.patterns import meetings


def met(pattern, text) -> bool:
    parts = (".*" if part is None else re.escape(part) for part in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def ways(given, texts):
    return {tuple(met(pattern, text) for pattern in given) for text in texts}


@pytest.mark.parametrize(
    "given",
    [
        [["a", None]],
        [[None, "a", None], [None, "b", None]],
        [["a", None], [None, "b"], ["ab"]],
        [["a", None, "a"], ["a"], ["aa", None]],
        [["ab", None], ["a", None, "b"], [""]],
        [[None, "*", None], ["%"], ["\n", None]],
        [["a", None, None, "b"], [None]],
    ],
)
def test_each_combination_that_some_text_meets_is_met(given):
    found = meetings(given)
    letters = {letter for pattern in given for part in pattern if part for letter in part} | {"z"}
    short = ("".join(text) for size in range(5) for text in product(sorted(letters), repeat=size))
    assert ways(given, found) == ways(given, short)
    assert len(found) == len(ways(given, found))


def test_combinations_past_following_are_owned_up_to(monkeypatch):
    monkeypatch.setattr(patterns, "MOST_STATES", 3)
    assert meetings([["abcdef", None], [None, "fedcba"]]) is None
