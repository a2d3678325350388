"""Refusals say one thing to everyone and never carry the token, whatever breaks."""

import asyncio
import inspect
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Unauthenticated
from hub.identity.errors import PUBLIC_MESSAGE
from hub.identity.tokens import verifying as tokens
from hub.identity.types import Caller
from tests.hub.identity import forge

HONEST = forge.token()


def test_a19_verify_is_a_coroutine_so_that_later_checks_may_wait():
    assert inspect.iscoroutinefunction(tokens.TokenVerifier.verify)


def test_a19_public_message_says_what_to_do():
    assert "get a new token" in PUBLIC_MESSAGE
    assert (PUBLIC_MESSAGE[0].islower(), PUBLIC_MESSAGE.endswith(".")) == (True, False)


@pytest.mark.parametrize(
    "error", [ValueError, TypeError, KeyError, RecursionError, MemoryError, AssertionError]
)
async def test_a19_any_error_of_a_library_is_a_refusal_without_its_text(monkeypatch, error):
    def broken(*_):
        raise error(HONEST)

    monkeypatch.setattr(tokens, "check_signature", broken)
    with pytest.raises(Unauthenticated) as caught:
        await forge.verifier().verify(forge.presented(HONEST))
    assert caught.value.message == PUBLIC_MESSAGE
    assert caught.value.detail == f"unexpected: {error.__name__}"
    assert HONEST not in "".join(traceback.format_exception(caught.value))


FORGED_LINE = "x\nadmin logged in"
REFUSED = {
    "signature": forge.compact(forge.header(), forge.claims(), forge.ECSigner()),
    "time": forge.token(exp=1),
    "audience": forge.token(aud="https://other.example"),
    "kid": forge.compact(forge.header(kid=FORGED_LINE), forge.claims()),
    "issuer": forge.token(iss=FORGED_LINE),
    "claim": forge.token(purpose=FORGED_LINE),
    "header": forge.compact(forge.header(**{FORGED_LINE: 1}), forge.claims()),
    "form": HONEST + "A",
}


@pytest.mark.parametrize("case", list(REFUSED))
async def test_a19_refusal_carries_no_part_of_the_token(case):
    text = REFUSED[case]
    with pytest.raises(Unauthenticated) as caught:
        await forge.verifier().verify(forge.presented(text))
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.detail)
    assert not any(part in shown for part in text.split("."))
    assert "admin logged in" not in shown


@given(at=st.integers(0, len(HONEST) - 1), letter=st.sampled_from("AbC0-_.=é\n"))
@settings(deadline=None)
async def test_a19_no_changed_letter_is_accepted(at, letter):
    changed = HONEST[:at] + letter + HONEST[at + 1 :]
    if changed != HONEST:
        assert await forge.refusal(changed)


@given(st.text(max_size=300))
@settings(deadline=None)
async def test_a19_any_text_is_refused_in_the_same_shape(text):
    assert await forge.refusal(text)


json_values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@given(name=st.sampled_from(sorted(forge.claims())), value=json_values)
@settings(deadline=None)
async def test_a19_signed_claim_of_any_type_gives_a_caller_or_a_refusal(name, value):
    verifying = forge.verifier().verify(forge.presented(forge.token(**{name: value})))
    (outcome,) = await asyncio.gather(verifying, return_exceptions=True)
    if isinstance(outcome, Caller):
        assert outcome.roles
    else:
        assert isinstance(outcome, Unauthenticated)
        assert not outcome.detail.startswith("unexpected")
