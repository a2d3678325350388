"""The resolver on the development half of the gold set: measured here, learned from nowhere."""

import csv
import time
from collections import Counter

import pytest

from federation.substances.register import load_register
from federation.substances.resolver import Resolver

pytestmark = pytest.mark.real

ORIGINS = ("KR", "US", "JP", "IN", "EU")


@pytest.fixture(scope="module")
def gold(shared_data):
    path = shared_data / "reference/substance_gold_dev.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def outcomes(gold):
    """Count by origin and by all: right and wrong answers, and texts that have an answer."""
    resolver = Resolver(load_register())
    counts = Counter()
    for row in gold:
        answer = resolver.resolve(row["native_text"], row["origin"]).inn
        for group in ("all", row["origin"]):
            counts[group, "resolvable"] += row["canonical_inn"] != ""
            if answer is not None:
                counts[group, "right" if answer == row["canonical_inn"] else "wrong"] += 1
    return counts


@pytest.mark.parametrize(("group", "least"), [("all", 0.985), *((each, 0.97) for each in ORIGINS)])
def test_answers_are_precise(outcomes, group, least):
    right, wrong = outcomes[group, "right"], outcomes[group, "wrong"]
    assert right / (right + wrong) >= least


@pytest.mark.parametrize("group", ["all", *ORIGINS])
def test_answers_are_not_few(outcomes, group):
    assert outcomes[group, "right"] / outcomes[group, "resolvable"] >= 0.15


def test_a_thousand_texts_a_second_are_resolved_on_one_core(gold):
    resolver = Resolver(load_register())
    started = time.process_time()
    for row in gold:
        resolver.resolve(row["native_text"], row["origin"])
    assert len(gold) / (time.process_time() - started) >= 1_000
