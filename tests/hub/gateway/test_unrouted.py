"""What no route answers is refused as everything else is: a code, and what to do."""

import pytest

from tests.hub.gateway.serving import HUB_FIXTURES

hub, policy_folders, state, world_url = HUB_FIXTURES


async def test_an_address_where_nothing_is_says_where_to_ask(hub):
    answer = await hub.http.get("/nothing/here")
    assert answer.status_code == 404
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "NOT_FOUND"}
    assert error["message"].startswith("nothing is at `/nothing/here`: questions go to `/graphql`")


async def test_a_long_address_is_not_told_back_whole(hub):
    answer = await hub.http.get("/" + "a" * 5000)
    assert len(answer.text) < 300


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/graphql", {"GET", "HEAD", "POST"}),
        ("PUT", "/exports", {"POST"}),
        ("GET", "/oauth/token", {"POST"}),
        ("POST", "/graphiql/none.js", {"GET", "HEAD"}),
    ],
)
async def test_a_method_that_is_not_taken_is_told_those_that_are(hub, method, path, allowed):
    answer = await hub.http.request(method, path)
    assert answer.status_code == 405
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "METHOD_NOT_ALLOWED"}
    assert error["message"].startswith(f"`{path}` takes no {method}: use ")
    if "Allow" in answer.headers:
        assert set(answer.headers["Allow"].split(", ")) == allowed
