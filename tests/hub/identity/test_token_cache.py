import pytest

from hub.identity.token_cache import MAX_VERIFIED_TOKENS, TokenCache
from hub.identity.types import Caller, Purpose

CALLER = Caller("i", "s", "c", "KR", "o", frozenset(), Purpose.EXERCISE, False, "t")


@pytest.mark.parametrize("now", [100.0, 150.0, 199.9])
def test_known_token_is_found_while_it_holds(now):
    cache = TokenCache()
    cache.keep("token", CALLER, valid_from=100, valid_until=200)
    assert cache.find("token", now) is CALLER


@pytest.mark.parametrize("now", [99.9, 200.0, 1e9])
def test_token_that_holds_no_more_is_dropped(now):
    cache = TokenCache()
    cache.keep("token", CALLER, valid_from=100, valid_until=200)
    assert cache.find("token", now) is None
    assert len(cache) == 0


def test_unknown_token_is_not_found():
    cache = TokenCache()
    cache.keep("token", CALLER, valid_from=100, valid_until=200)
    assert cache.find("Token", 150) is None


def test_least_recently_used_goes_first():
    cache = TokenCache(max_tokens=2)
    for text in ("a", "b"):
        cache.keep(text, CALLER, valid_from=0, valid_until=10)
    assert cache.find("a", 1) is CALLER
    cache.keep("c", CALLER, valid_from=0, valid_until=10)
    assert [cache.find(text, 1) for text in ("a", "b", "c")] == [CALLER, None, CALLER]


def test_default_bound_holds():
    cache = TokenCache()
    for number in range(MAX_VERIFIED_TOKENS + 10):
        cache.keep(str(number), CALLER, valid_from=0, valid_until=10)
    assert len(cache) == MAX_VERIFIED_TOKENS == 10_000


def test_no_token_is_kept_in_memory():
    cache = TokenCache()
    cache.keep("the token itself", CALLER, valid_from=0, valid_until=10)
    assert "the token itself" not in repr(cache._entries)
