"""Every record type is found by public fields alone, and parts lead where their links do."""

import pytest

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.search.findable import FINDABLE, Findable, facts_of, usual


def test_every_record_type_is_declared():
    assert FINDABLE.keys() == RECORD_TYPES.keys()


@pytest.mark.parametrize(
    ("name", "names"),
    [("StockReport", ()), ("GenericStanding", ("title",)), ("Organization", ("name", "name_en"))],
)
def test_a_type_of_which_nothing_is_said_is_found_by_identifier_and_name(name, names):
    assert usual(RECORD_TYPES[name]) == Findable(names=names, codes=("national_id",))


@pytest.mark.parametrize("record_type", RECORD_TYPES.values(), ids=list(RECORD_TYPES))
def test_no_record_is_found_by_what_is_not_public(record_type):
    found = facts_of(record_type)
    assert found
    assert {facts.group for facts, _ in found} == {Group.PUBLIC}
    assert {facts.python_type for facts, _ in found} == {str}


def test_a_part_leads_to_the_record_it_is_of():
    for name, findable in FINDABLE.items():
        for part in findable.parts:
            link = RECORD_TYPES[part.record_type].fields[part.link]
            assert (link.refers_to, link.group) == (name, Group.PUBLIC)
