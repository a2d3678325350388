"""GraphQL over HTTP, as a client sees it: media types, statuses, and what is told on a refusal."""

import pytest

from hub.gateway.questions.media_types import MediaType

JSON, GRAPHQL = MediaType.JSON, MediaType.GRAPHQL
GOOD, WRONG = "{ me { client } }", "{ me { nothing } }"


async def post(hub, query, accept, **body):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}", "accept": accept}
    return await hub.http.post("/graphql", json={"query": query, **body}, headers=headers)


@pytest.mark.parametrize("media_type", MediaType)
@pytest.mark.parametrize(
    "query", [GOOD, WRONG, "{", "query A { me { client } } query B { __typename }"]
)
async def test_both_types_carry_the_same_and_differ_in_status(hub, media_type, query):
    answer = await post(hub, query, media_type)
    other = (await post(hub, query, JSON)).json()
    assert answer.headers["content-type"] == media_type
    assert _told(answer.json()) == _told(other)
    is_result = "data" in other
    assert is_result is (query == GOOD)
    assert answer.status_code == (200 if is_result or media_type is JSON else 400)


def _told(answer):
    return {name: value for name, value in answer.items() if name != "extensions"}


async def test_a_result_with_errors_beside_its_data_is_a_result(hub):
    query = '{ me { client } products(after: "x") { totalCount } }'
    answer = await post(hub, query, GRAPHQL)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"me": {"client": "kr-mfds"}, "products": None}
    assert answer.json()["errors"]


async def test_a_variable_of_another_type_is_no_result(hub):
    answer = await post(hub, "query A($a: Int!) { __typename }", GRAPHQL, variables={"a": "x"})
    assert (answer.status_code, set(answer.json())) == (400, {"errors", "extensions"})


@pytest.mark.parametrize("accept", ["application/xml", "application/json;q=0", "text/html"])
async def test_a_client_that_takes_no_json_is_told_which_types_there_are(hub, accept):
    answer = await post(hub, GOOD, accept)
    assert answer.status_code == 406
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "NOT_ACCEPTABLE"}
    assert str(GRAPHQL) in error["message"]


async def test_a_refusal_goes_in_the_type_that_was_asked_for(hub):
    answer = await post(hub, None, GRAPHQL)
    assert (answer.status_code, answer.headers["content-type"]) == (400, GRAPHQL)


async def test_who_is_not_known_learns_nothing_of_the_protocol(hub):
    answer = await hub.http.get("/graphql", headers={"accept": "application/xml"})
    assert answer.status_code == 401


async def test_an_unknown_digest_asks_for_the_text_in_either_type(hub):
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    for media_type, status in ((JSON, 200), (GRAPHQL, 400)):
        answer = await post(hub, None, media_type, extensions=extensions)
        assert answer.status_code == status
        [error] = answer.json()["errors"]
        assert error["message"] == "PersistedQueryNotFound"
