from hub.policy.expression import FALSE, all_of, at_least, one_of
from hub.policy.merging import merged
from hub.policy.schema import Attribute, CedarType
from hub.policy.sql import emit

ORIGIN = Attribute("origin", CedarType.STRING, '{row}."origin"')
STATUS = Attribute("status", CedarType.STRING, '{row}."status"')
AGE = Attribute("ageDays", CedarType.LONG, "age({row})")


def permit(origin: str, *conditions):
    return all_of((one_of(ORIGIN, (origin,)), *conditions))


def test_origins_that_are_open_outright_become_one_test():
    assert merged([permit("KR"), permit("US"), permit("KR")]) == one_of(ORIGIN, ("KR", "US"))


def test_an_outright_grant_absorbs_all_others_of_its_origin():
    narrow = [permit("KR", at_least(AGE, days)) for days in range(1, 50)]
    assert merged([*narrow, permit("KR")]) == permit("KR")


def test_origins_with_equal_conditions_share_them():
    embargo = at_least(AGE, 7)
    found = merged([permit("KR", embargo), permit("EU", embargo), permit("US")])
    assert emit(found, "n") == (
        """("n"."origin" = 'US' OR """
        """(age("n") >= '7'::bigint AND "n"."origin" = ANY (ARRAY['EU', 'KR']::text[])))"""
    )


def test_permits_that_differ_in_one_attribute_become_one():
    embargo = at_least(AGE, 7)
    found = merged(permit("KR", embargo, one_of(STATUS, (word,))) for word in "abc")
    assert found == permit("KR", embargo, one_of(STATUS, "abc"))


def test_a_permit_without_origin_absorbs_what_it_implies():
    general = one_of(STATUS, ("a",))
    assert merged([general, permit("KR", general, at_least(AGE, 7))]) == general


def test_no_permits_open_nothing():
    assert merged([]) == FALSE
    assert merged([FALSE, FALSE]) == FALSE


def test_the_text_is_the_same_whatever_the_order():
    parts = [permit("KR", at_least(AGE, 7)), permit("US"), permit("EU", one_of(STATUS, "ab"))]
    assert emit(merged(parts), "n") == emit(merged(parts[::-1]), "n")
