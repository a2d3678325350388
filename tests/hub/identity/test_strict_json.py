import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.identity.strict_json import MAX_OPENINGS, read_object


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"sub": "a", "sub": "b"}', "appears twice"),
        (b'{"a": {"b": 1, "b": 1}}', "appears twice"),
        (b'{"a": 1, "\\u0061": 2}', "appears twice"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b'{"a": NaN}', "not a JSON number"),
        (b'{"a": -Infinity}', "not a JSON number"),
        ('{"a": 1}'.encode("utf-16"), "utf-8"),
        (b'\xef\xbb\xbf{"a": 1}', "BOM"),
        (b'{"a": "\xff"}', "utf-8"),
        (b'{"a": 1} {', "Extra data"),
        (b"", "Expecting value"),
        (b'{"a": ' + b"1" * 5000 + b"}", "integer string conversion"),
    ],
)
def test_document_that_can_be_read_two_ways_is_refused(data, reason):
    with pytest.raises(ValueError, match=reason):
        read_object(data)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_is_refused_before_parsing(opening):
    with pytest.raises(ValueError, match="too many brackets"):
        read_object(b'{"a":' + opening * 100_000)


def test_closing_brackets_in_strings_do_not_hide_depth():
    hidden = b'{"a": ["' + b"]" * 1000 + b'", ' + b"[" * MAX_OPENINGS
    with pytest.raises(ValueError, match="too many brackets"):
        read_object(hidden)


def test_most_brackets_that_are_read():
    data = b'{"a":' + b"[" * (MAX_OPENINGS - 1) + b"]" * (MAX_OPENINGS - 1) + b"}"
    assert read_object(data) == json.loads(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_honest_object_is_read_as_the_standard_parser_reads_it(value):
    data = json.dumps(value).encode()
    if data.count(b"{") + data.count(b"[") <= MAX_OPENINGS:
        assert read_object(data) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_value_error(data):
    try:
        read = read_object(data)
    except ValueError:
        return
    assert isinstance(read, dict)
