"""What is asked of an exported list, as columns, and where its records come from."""

import pytest

from federation.records.declaration import Group
from hub.errors import HubError
from hub.gateway.export.columns import Kind, Nested, Sources
from hub.gateway.export.question import ExportReader
from hub.gateway.planning.cost import MAX_COST
from hub.gateway.planning.paging import MAX_PAGE
from hub.gateway.schema import build_schema

READER = ExportReader(build_schema())


def asked(fields, arguments=""):
    return READER.read(f"{{ products{arguments} {{ nodes {{ {fields} }} }} }}", None, None)


def test_each_field_is_a_column_of_its_type_and_group():
    question = asked("k: key __typename native retrievedAt holder { name key } ingredients { key }")
    assert [(column.name, column.kind, column.groups) for column in question.columns] == [
        ("k", Kind.TEXT, (Group.PUBLIC,)),
        ("__typename", Kind.TEXT, (Group.PUBLIC,)),
        ("native", Kind.JSON, (Group.NATIVE,)),
        ("retrievedAt", Kind.INSTANT, (Group.PUBLIC,)),
        ("holder.name", Kind.TEXT, (Group.PUBLIC,)),
        ("holder.key", Kind.TEXT, (Group.PUBLIC,)),
        ("ingredients", Kind.JSON, (Group.PUBLIC,)),
    ]


def test_a_list_of_records_is_of_all_groups_that_are_asked_within():
    [column] = asked("supplyNotices { native stockText product { native } }").columns
    assert column.groups == (Group.PUBLIC, Group.COMMERCIAL, Group.NATIVE)


def test_a_value_below_what_is_null_is_null():
    _, name = asked("key holder { name }").columns
    assert name.value({"key": "a", "holder": None}) is None
    assert name.value({"key": "a", "holder": {"name": "b"}}) == "b"


def test_the_newest_date_of_each_feed_is_kept_and_nothing_of_it_is_shown():
    sources, nested = Sources(), Nested({"of": Nested({"in": Nested()}), "many": Nested()})
    record = {
        "native": {"?feed": "no feed", "?date": "no date"},
        "of": {"in": None, "?feed": "b", "?date": "2"},
        "many": [{"?feed": "a", "?date": "3"}, {"?feed": "b", "?date": "1"}],
        "?feed": "a",
        "?date": "1",
    }
    assert sources.take(record, nested) == {
        "native": {"?feed": "no feed", "?date": "no date"},
        "of": {"in": None},
        "many": [{}, {}],
    }
    assert sources.newest == {"a": "3", "b": "2"}


def test_a_page_holds_no_more_objects_than_an_answer_may():
    assert asked("key").size == MAX_PAGE
    wide = asked("ingredients(first: 100) { key } supplyNotices(first: 100) { key }")
    assert wide.size == MAX_COST // 202
    with pytest.raises(HubError) as refused:
        asked("ingredients(first: 100) { substance { ingredients(first: 100) { product { "
              "ingredients(first: 100) { key } } } } }")  # fmt: skip
    assert refused.value.public_code == "COST_LIMIT"


@pytest.mark.parametrize(
    ("arguments", "most"), [("", None), ("(first: 7)", 7), ("(first: 9000)", 9000)]
)
def test_first_is_the_most_rows_where_it_is_written(arguments, most):
    assert asked("key", arguments).most == most
