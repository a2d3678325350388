import pytest

from hub.policy.expression import (
    FALSE,
    TRUE,
    Instant,
    all_of,
    any_of,
    at_least,
    at_most,
    holds_all,
    holds_any,
    matches,
    negation,
    not_over,
    one_of,
    same,
)
from hub.policy.schema import Attribute, CedarType
from hub.policy.wording import worded

ORIGIN, FEED = (Attribute(name, CedarType.STRING, "") for name in ("origin", "feed"))
AGE, SIZE = (Attribute(name, CedarType.LONG, "") for name in ("ageDays", "size"))
AT = Attribute("recordedAt", CedarType.DATETIME, "")
FLAG = Attribute("isListed", CedarType.BOOL, "")
TAGS = Attribute("tags", CedarType.STRINGS, "")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (TRUE, "for every row"),
        (FALSE, "for no row"),
        (one_of(ORIGIN, ("KR",)), "origin is KR"),
        (one_of(ORIGIN, ("US", "KR", "EU")), "origin is one of EU, KR, US"),
        (negation(one_of(ORIGIN, ("US", "KR"))), "origin is not one of KR, US"),
        (one_of(FLAG, (True,)), "isListed is true"),
        (at_least(AGE, 7), "ageDays is at least 7"),
        (at_most(AGE, 6), "ageDays is less than 7"),
        (at_least(AT, Instant(0)), "recordedAt is at least 1970-01-01 00:00:00.000+00"),
        (not_over(AGE, SIZE), "ageDays is at most size"),
        (negation(not_over(AGE, SIZE)), "it is not so that ageDays is at most size"),
        (same(ORIGIN, FEED), "feed equals origin"),
        (matches(FEED, ("kr.", None)), "feed matches `kr.*`"),
        (holds_all(TAGS, frozenset("ab")), "tags holds all of a, b"),
        (holds_all(frozenset(), TAGS), "nothing holds all of tags"),
        (holds_any(TAGS, frozenset("a")), "a and tags have a member in common"),
        (
            any_of((one_of(ORIGIN, ("KR",)), all_of((one_of(ORIGIN, ("EU",)), at_least(AGE, 7))))),
            "origin is KR or (origin is EU and ageDays is at least 7)",
        ),
    ],
)
def test_a_condition_is_said_as(expression, words):
    assert worded(expression) == words
