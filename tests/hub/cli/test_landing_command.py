"""What `hub landing check` advises of a document that is gone."""

import pytest

from hub.cli.landing import mend
from hub.sync.retention import Fault, Need

PULLED, FILED = ("kr.hira_prices", "kr.hira_atc"), ("kr.filed_stock_reports",)


@pytest.mark.parametrize(
    ("damage", "feeds", "advice"),
    [
        ("lost", PULLED, "or run `hub pull kr.hira_prices kr.hira_atc --full`, which helps where"),
        ("damaged", PULLED, "or remove it and run `hub pull kr.hira_prices kr.hira_atc --full`"),
        ("lost", FILED, "or have the agency file the same file again by `hub submit kr.filed_"),
        ("damaged", FILED, "or remove it and have the agency file the same file again"),
    ],
)
def test_advice_is_one_that_can_help(damage, feeds, advice):
    told = mend(Fault("ab" * 32, damage, Need.SERVED, feeds))
    assert f"of {', '.join(feeds)} is {damage}: restore it from a copy, {advice}" in told
    assert ("hub pull" in told) is (feeds == PULLED)
