"""What an answer is known by, and what the next request says of it."""

import pytest

from federation.sources.validators import conditions, strong_validator, validator_of
from tests.federation.sources.conversation import answer

LONG_AGO = "Tue, 15 Jul 2025 16:00:00 GMT"
A_MINUTE_ON = "Tue, 15 Jul 2025 16:01:00 GMT"
BEFORE_THAT = "Tue, 15 Jul 2025 16:00:59 GMT"


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"etag": '"1"'}, {"if-none-match": '"1"'}),
        ({"etag": 'W/"1"'}, {"if-none-match": 'W/"1"'}),
        ({"last_modified": LONG_AGO}, {"if-modified-since": LONG_AGO}),
        (
            {"etag": '"1"', "last_modified": LONG_AGO},
            {"if-none-match": '"1"', "if-modified-since": LONG_AGO},
        ),
        ({}, {}),
        ({"last_modified": "yesterday"}, {}),
    ],
)
def test_either_validator_and_both_are_asked_with_again(headers, asked):
    assert conditions(validator_of(answer(**headers))) == asked


def test_a_date_that_a_later_change_may_share_is_no_validator():
    assert validator_of(answer(last_modified=LONG_AGO, date=BEFORE_THAT)) is None
    assert conditions(validator_of(answer(last_modified=LONG_AGO, date=A_MINUTE_ON))) == {
        "if-modified-since": LONG_AGO
    }


def test_a_date_to_come_is_no_validator():
    assert validator_of(answer(last_modified="Tue, 15 Jul 2996 16:00:00 GMT")) is None


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": '"1"', "last_modified": LONG_AGO}, '"1"'),
        ({"last_modified": LONG_AGO}, LONG_AGO),
        ({"etag": 'W/"1"', "last_modified": LONG_AGO}, None),
        ({"etag": 'W/"1"'}, None),
        ({"last_modified": LONG_AGO, "date": BEFORE_THAT}, None),
        ({}, None),
    ],
)
def test_only_a_strong_validator_says_that_two_parts_are_of_one_body(headers, validator):
    assert strong_validator(answer(**headers)) == validator
