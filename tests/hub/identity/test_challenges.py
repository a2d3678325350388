import pytest

from hub.errors import Forbidden, RateLimited, Unavailable
from hub.identity.challenges import Challenges
from hub.identity.errors import NonceNeeded, NothingPresented, refused

METADATA = 'resource_metadata="https://hub.example/.well-known/oauth-protected-resource"'
BEARER = f"Bearer {METADATA}"
DPOP = f'DPoP {METADATA}, algs="ES256 PS256"'
PROVING = Challenges("https://hub.example", {"PS256", "ES256"})
PLAIN = Challenges("https://hub.example")


@pytest.mark.parametrize(
    ("challenges", "error", "challenge"),
    [
        (PLAIN, NothingPresented(), BEARER),
        (PLAIN, refused("exp: expired"), f'{BEARER}, error="invalid_token"'),
        (PROVING, NothingPresented(), f"{BEARER}, {DPOP}"),
        (
            PROVING,
            refused("exp: expired"),
            f'{BEARER}, error="invalid_token", {DPOP}, error="invalid_token"',
        ),
    ],
)
def test_a_refusal_says_how_to_prove_who_calls(challenges, error, challenge):
    assert challenges.headers(error) == {"WWW-Authenticate": challenge}


def test_a_nonce_comes_with_the_challenge_to_use_it():
    # One challenge alone: certified clients look for the error in the only one there is.
    assert PROVING.headers(NonceNeeded("fresh")) == {
        "WWW-Authenticate": f'{DPOP}, error="use_dpop_nonce"',
        "DPoP-Nonce": "fresh",
    }


def test_a_limit_says_when_to_come_back():
    assert PROVING.headers(RateLimited("slower", retry_after_s=7)) == {"Retry-After": "7"}


@pytest.mark.parametrize("error", [Forbidden("no"), Unavailable("later")])
def test_what_is_no_matter_of_identity_challenges_nobody(error):
    assert PROVING.headers(error) == {}


@pytest.mark.parametrize(
    ("resource", "metadata"),
    [
        # RFC 9728 section 3.1
        (
            "https://resource.example.com/resource1",
            "https://resource.example.com/.well-known/oauth-protected-resource/resource1",
        ),
        (
            "http://127.0.0.1:8000/",
            "http://127.0.0.1:8000/.well-known/oauth-protected-resource",
        ),
    ],
)
def test_metadata_is_where_rfc_9728_puts_it(resource, metadata):
    challenge = Challenges(resource).headers(NothingPresented())["WWW-Authenticate"]
    assert challenge == f'Bearer resource_metadata="{metadata}"'
