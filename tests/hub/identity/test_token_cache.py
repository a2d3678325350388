import pytest

from hub.identity.tokens.cache import MAX_VERIFIED_TOKENS, Held, TokenCache
from hub.identity.tokens.claims import read_claims
from hub.identity.trust.trusted import ClaimMap
from tests.hub.identity import forge

CLAIMS = read_claims(forge.claims(), ClaimMap())
HELD = Held(CLAIMS, generation=7, valid_from=100, valid_until=200)


@pytest.fixture
def cache():
    kept = TokenCache(max_tokens=2)
    kept.keep("token", HELD)
    return kept


@pytest.mark.parametrize("now", [100.0, 150.0, 199.9])
def test_known_token_is_found_while_it_holds(cache, now):
    assert cache.find("token", now, 7) is CLAIMS


@pytest.mark.parametrize("now", [99.9, 200.0, 1e9])
def test_token_that_holds_no_more_is_dropped(cache, now):
    assert cache.find("token", now, 7) is None
    assert len(cache) == 0


@pytest.mark.parametrize("generation", [6, 8])
def test_token_of_another_generation_of_trust_is_dropped(cache, generation):
    assert cache.find("token", 150, generation) is None
    assert len(cache) == 0


def test_unknown_token_is_not_found(cache):
    assert cache.find("Token", 150, 7) is None


def test_least_recently_used_goes_first(cache):
    cache.keep("b", HELD)
    assert cache.find("token", 150, 7) is CLAIMS
    cache.keep("c", HELD)
    found = [cache.find(text, 150, 7) for text in ("token", "b", "c")]
    assert found == [CLAIMS, None, CLAIMS]


def test_default_bound_holds():
    cache = TokenCache()
    for number in range(MAX_VERIFIED_TOKENS + 10):
        cache.keep(str(number), HELD)
    assert len(cache) == MAX_VERIFIED_TOKENS == 10_000


def test_no_token_is_kept_in_memory(cache):
    cache.keep("the token itself", HELD)
    assert "the token itself" not in repr(cache._held)
