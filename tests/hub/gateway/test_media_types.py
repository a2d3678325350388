"""In which media type an answer goes, and with which status."""

import pytest

from hub.errors import NotAcceptable
from hub.gateway.questions.media_types import MediaType, accepted, names

JSON, GRAPHQL = MediaType.JSON, MediaType.GRAPHQL


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ([], JSON),
        ([""], JSON),
        (["*/*"], JSON),
        (["application/*"], JSON),
        (["application/json"], JSON),
        (["application/json; charset=utf-8"], JSON),
        (["Application/JSON"], JSON),
        (["application/json, */*;q=0.1"], JSON),
        (["application/json;q=0.9, application/graphql-response+json;q=0.5"], JSON),
        (["application/graphql-response+json;q=0, */*"], JSON),
        (["application/graphql-response+json;q=x, application/json"], JSON),
        (["application/graphql-response+json"], GRAPHQL),
        (["application/graphql-response+json, application/json;q=0.9"], GRAPHQL),
        (["application/graphql-response+json, application/json"], GRAPHQL),
        (["application/json, application/graphql-response+json"], GRAPHQL),
        (["application/json", "application/graphql-response+json"], GRAPHQL),
        (["application/graphql-response+json, */*"], GRAPHQL),
        (["application/json;q=0, */*"], GRAPHQL),
        (["text/html, application/graphql-response+json;q=0.1"], GRAPHQL),
    ],
)
def test_the_type_wanted_most_is_chosen_and_json_where_it_is_left_open(accept, chosen):
    assert accepted(accept) is chosen


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/*",
        "application/xml, image/png",
        "application/json;q=0",
        "*/*;q=0",
        "application/json;q=0.0, application/graphql-response+json;q=-1",
    ],
)
def test_a_request_that_takes_neither_type_is_told_both(accept):
    with pytest.raises(NotAcceptable, match="application/json or application/graphql-response"):
        accepted([accept])


@pytest.mark.parametrize(
    ("accept", "is_named"),
    [
        (["text/html"], True),
        (["application/xhtml+xml, text/html;q=0.9"], True),
        (["text/html;q=0"], False),
        (["text/*", "*/*"], False),
        ([], False),
    ],
)
def test_a_type_is_named_in_full_or_not(accept, is_named):
    assert names(accept, "text/html") is is_named


def test_only_the_type_of_the_hub_tells_by_its_status_that_nothing_ran():
    assert [JSON.status(is_result=is_result) for is_result in (True, False)] == [200, 200]
    assert [GRAPHQL.status(is_result=is_result) for is_result in (True, False)] == [200, 400]
