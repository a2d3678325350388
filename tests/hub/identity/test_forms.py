import pytest

from hub.errors import InvalidInput
from hub.identity.own_issuer.forms import MAX_FIELDS, Form, read_form


def test_fields_are_read_and_an_empty_one_counts_as_absent():
    form = read_form(b"a=%C3%A9+b&c=")
    assert (form.find("a"), form.find("c"), form.find("d")) == ("é b", None, None)
    assert form.take("a") == "é b"


@pytest.mark.parametrize("name", ["c", "d"])
def test_a_missing_field_is_named(name):
    with pytest.raises(InvalidInput, match=f"`{name}` is missing"):
        read_form(b"a=b&c=").take(name)


def test_a_field_that_means_nothing_is_refused_only_where_it_is_sent():
    form = read_form(b"a=b&c=")
    form.refuse("c", "there is none", "invalid_scope")
    with pytest.raises(InvalidInput, match="`a` is not taken here: there is none") as caught:
        form.refuse("a", "there is none", "invalid_scope")
    assert caught.value.public_code == "invalid_scope"


@pytest.mark.parametrize(
    "body", [b"a", b"a=b&", b"a=%ff", "a=é".encode(), b"&".join([b"a=1"] * 21)]
)
def test_what_is_no_form_is_refused(body):
    with pytest.raises(InvalidInput, match=f"no form of 1 to {MAX_FIELDS} fields"):
        read_form(body)


def test_a_field_that_stands_twice_is_refused():
    with pytest.raises(InvalidInput, match="twice"):
        read_form(b"a=1&a=1")


def test_a_form_is_not_shown():
    assert "secret" not in repr(Form({"client_assertion": "secret"}))
