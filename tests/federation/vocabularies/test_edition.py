"""The edition says honestly by which crosswalks a record was mapped."""

from dataclasses import replace

import pytest

from federation.harmonize.strength_units import UNIT_LISTS
from federation.members.crosswalks import VERSIONED
from federation.vocabularies import edition
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import Species

ONE = Crosswalk("xx.species", Species, 1, {"Mensch": Species.HUMAN})
CHANGED = replace(ONE, terms={"Mensch": Species.HUMAN, "Tier": Species.VETERINARY})
OTHER = replace(ONE, id="xx.other")


@pytest.fixture
def locked():
    return edition.lock([ONE])


def raised(monkeypatch):
    monkeypatch.setattr(edition, "EDITION", edition.EDITION + 1)


def test_the_committed_lock_is_that_of_the_crosswalks():
    found = edition.LOCK.read_text(encoding="utf-8")
    assert list(edition.unraised(VERSIONED, found)) == []
    assert found == edition.lock(VERSIONED), "run `hub schema`"


def test_an_unchanged_set_needs_nothing(locked):
    assert list(edition.unraised([ONE], locked)) == []


def test_changed_content_needs_a_version_and_an_edition(locked):
    version, edition_ = edition.unraised([CHANGED], locked)
    assert version == "`xx.species` changed: raise its version above 1"
    assert edition_.endswith(f"raise `EDITION` of edition.py above {edition.EDITION}")


def test_a_raised_version_alone_still_needs_an_edition(locked):
    (problem,) = edition.unraised([replace(CHANGED, version=2)], locked)
    assert "EDITION" in problem


def test_a_raised_edition_alone_still_needs_a_version(locked, monkeypatch):
    raised(monkeypatch)
    (problem,) = edition.unraised([CHANGED], locked)
    assert "raise its version" in problem


@pytest.mark.parametrize("crosswalks", [[ONE, OTHER], []], ids=["one came", "one went"])
def test_a_set_that_grew_or_shrank_needs_an_edition(locked, crosswalks, monkeypatch):
    (problem,) = edition.unraised(crosswalks, locked)
    assert "EDITION" in problem
    raised(monkeypatch)
    assert list(edition.unraised(crosswalks, locked)) == []


def test_raised_version_and_edition_may_be_written(locked, monkeypatch):
    raised(monkeypatch)
    assert list(edition.unraised([replace(CHANGED, version=2)], locked)) == []


def test_a_word_for_a_unit_needs_a_raised_version_too():
    units, holders = UNIT_LISTS
    locked = edition.lock(UNIT_LISTS)
    changed = replace(units, words={**units.words, "zentner": "50.kg"})
    assert list(edition.unraised(UNIT_LISTS, locked)) == []
    version, _ = edition.unraised([changed, holders], locked)
    assert version == "`strengths.units` changed: raise its version above 1"
