"""Cursors of the change feed: their caller alone can use them; nobody reads or changes them."""

import base64
from dataclasses import replace

import pytest

from hub.errors import InvalidInput
from hub.gateway.changes.places import Seal, Span
from hub.identity.types import Purpose, Role
from tests.hub.gateway.serving import caller_of

SEAL = Seal("a secret")
CALLER = caller_of("kr-mfds", Purpose.SHORTAGE_RESPONSE)
PLACE = (Span(7, b"v" * 16, 3), Span(2**62, b"w" * 16, 0))


@pytest.mark.parametrize("place", [(), PLACE[:1], PLACE])
def test_a_place_comes_back_from_its_cursor(place):
    assert SEAL.place(CALLER, SEAL.cursor(CALLER, place)) == place


def test_the_same_place_is_the_same_cursor_under_any_token():
    other = replace(CALLER, token_id="another", subject="another")
    assert SEAL.cursor(CALLER, PLACE) == SEAL.cursor(other, PLACE)
    assert SEAL.place(other, SEAL.cursor(CALLER, PLACE)) == PLACE


def test_a_cursor_tells_nothing_of_how_much_lies_before_it():
    cursors = [SEAL.cursor(CALLER, (Span(seq, b"v" * 16, 0),)) for seq in (1, 2, 2**62)]
    assert len({len(cursor) for cursor in cursors}) == 1
    decoded = [base64.urlsafe_b64decode(cursor + "==") for cursor in cursors]
    same = [sum(a == b for a, b in zip(decoded[0], one, strict=True)) for one in decoded[1:]]
    assert max(same) < 5


@pytest.mark.parametrize(
    "other",
    [
        {"client": "us-fda"},
        {"issuer": "https://other.test"},
        {"member": "US"},
        {"organisation": "another"},
        {"roles": frozenset({Role.AGENCY})},
        {"purpose": Purpose.EXERCISE},
        {"sender_constrained": True},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_cursor_of_another_caller_is_refused(other):
    with pytest.raises(InvalidInput) as refused:
        SEAL.place(replace(CALLER, **other), SEAL.cursor(CALLER, PLACE))
    assert refused.value.public_code == "BAD_CURSOR"


def test_a_cursor_of_another_hub_is_refused():
    with pytest.raises(InvalidInput):
        Seal("another secret").place(CALLER, SEAL.cursor(CALLER, PLACE))


def test_a_cursor_with_any_bit_changed_is_refused():
    sealed = base64.urlsafe_b64decode(SEAL.cursor(CALLER, PLACE[:1]) + "==")
    for place in range(len(sealed)):
        forged = bytes(b ^ (i == place) for i, b in enumerate(sealed))
        with pytest.raises(InvalidInput):
            SEAL.place(CALLER, base64.urlsafe_b64encode(forged).decode())


@pytest.mark.parametrize("text", ["", "=", "a", "é", "\0", "A" * 5000, "!!!!", "AAAA AAAA"])
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(InvalidInput):
        SEAL.place(CALLER, text)
