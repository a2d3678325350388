"""Nonces without a store: known to every gateway, to nobody else, and not for long."""

import re

import pytest

from hub.identity.proofs.nonces import SLOT_S, Nonces
from tests.hub.identity.forge import NOW

START = NOW // SLOT_S * SLOT_S
"""The beginning of a slot."""


def nonces(now: float = START, secret: str = "the hub's"):
    return Nonces(secret, lambda: now)


def test_a_nonce_is_known_at_once_and_at_every_gateway():
    assert nonces().accepts(nonces().fresh())


def test_a_nonce_is_the_same_for_a_slot_and_then_another():
    assert nonces(START).fresh() == nonces(START + SLOT_S - 1).fresh()
    assert nonces(START).fresh() != nonces(START + SLOT_S).fresh()


@pytest.mark.parametrize("age", [0, SLOT_S, 2 * SLOT_S - 1])
def test_a_nonce_is_taken_until_its_next_slot_ends(age):
    assert nonces(START + age).accepts(nonces(START).fresh())


@pytest.mark.parametrize("age", [2 * SLOT_S, 10 * SLOT_S, -SLOT_S - 1])
def test_a_stale_nonce_is_not_taken(age):
    assert not nonces(START + age).accepts(nonces(START).fresh())


def test_a_nonce_of_a_gateway_whose_clock_is_ahead_is_taken():
    assert nonces(START - 1).accepts(nonces(START).fresh())


@pytest.mark.parametrize("foreign", ["", "x", "é", "A" * 43])
def test_what_is_no_nonce_is_not_taken(foreign):
    assert not nonces().accepts(foreign)


def test_a_nonce_of_another_hub_is_not_taken():
    assert not nonces().accepts(nonces(secret="another's").fresh())


def test_a_nonce_is_of_characters_a_header_takes():
    assert re.fullmatch("[A-Za-z0-9_-]{43}", nonces().fresh())
