import pytest

from hub.errors import Forbidden
from hub.identity.purposes import stated_purpose
from hub.identity.types import Purpose

BOTH = frozenset({Purpose.SUPPLY_MAPPING, Purpose.EXERCISE})
ONE = frozenset({Purpose.EXERCISE})


@pytest.mark.parametrize("allowed", [ONE, BOTH])
def test_a_purpose_that_may_be_stated_is_the_one_stated(allowed):
    assert stated_purpose(allowed, "exercise") is Purpose.EXERCISE


def test_the_only_purpose_need_not_be_stated():
    assert stated_purpose(ONE, None) is Purpose.EXERCISE


def test_one_of_several_must_be_stated():
    with pytest.raises(Forbidden) as caught:
        stated_purpose(BOTH, None)
    assert (caught.value.status, caught.value.public_code) == (403, "PURPOSE_REQUIRED")
    assert caught.value.message == (
        "no purpose is stated: send one of `exercise`, `supply-mapping` in the header `Hub-Purpose`"
    )


@pytest.mark.parametrize(
    "stated", ["policy-research", "", "Exercise", " exercise", "exercise, exercise", "x" * 9999]
)
@pytest.mark.parametrize("allowed", [ONE, BOTH])
def test_another_purpose_is_refused_with_those_that_may_be_stated(allowed, stated):
    with pytest.raises(Forbidden) as caught:
        stated_purpose(allowed, stated)
    assert (caught.value.status, caught.value.public_code) == (403, "PURPOSE_NOT_ALLOWED")
    named = ", ".join(f"`{each}`" for each in sorted(allowed))
    assert caught.value.message == (
        f"you may not state this purpose: send one of {named} in the header `Hub-Purpose`"
    )
