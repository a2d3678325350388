"""graphql-cop's checks find nothing, neither without a token nor with a regulator's.

Each check sends what graphql-cop 1.15 sends and finds what it finds, by its name there; `CHECKS` is
its list (`field_duplication` is switched off in it). It is no package that could be installed.

Two of its checks need a word. `get_method_support` passes since a bare GET, as any page can make a
browser send it, is not answered; one that no page can have sent is (`test_gateway_http.py`).
`detect_graphiql` looks for words: the hub serves its query page to all, knowingly, and the page
holds nothing of the schema or the data.

Source: https://github.com/dolevf/graphql-cop, lib/tests.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx  # noqa: TID251 - asks the demo's own hub, on loopback
import pytest

from hub.demo.run import Demo

IDE_WORDS = ("graphiql.min.css", "GraphQL Playground", "GraphiQL", "graphql-playground")

Check = Callable[[httpx.AsyncClient], Awaitable[bool]]


async def post(http: httpx.AsyncClient, query: str) -> Any:
    """Ask as graphql-cop does; give nothing where the answer is no JSON."""
    answer = await http.post("/graphql", json={"query": query, "operationName": "cop"})
    return answer.json()


def data(answer: Any) -> dict[str, Any]:
    return answer.get("data") or {} if isinstance(answer, dict) else {}


async def field_suggestions(http: httpx.AsyncClient) -> bool:
    answer = await post(http, "query cop { __schema { directive } }")
    return any("Did you mean" in error["message"] for error in answer["errors"])


async def introspection(http: httpx.AsyncClient) -> bool:
    answer = await post(http, "query cop { __schema { types { name fields { name } } } }")
    return bool(data(answer))


async def detect_graphiql(http: httpx.AsyncClient) -> bool:
    answer = await http.get("/graphql", headers={"accept": "text/html"})
    return any(word in answer.text for word in IDE_WORDS)


async def get_method_support(http: httpx.AsyncClient) -> bool:
    answer = await http.get("/graphql", params={"query": "query cop {__typename}"})
    return bool(data(answer.json()))


async def alias_overloading(http: httpx.AsyncClient) -> bool:
    aliases = " ".join(f"alias{number}:__typename" for number in range(101))
    return bool(data(await post(http, f"query cop {{ {aliases} }}")))


async def batch_query(http: httpx.AsyncClient) -> bool:
    batch = [{"query": "query cop { __typename }"}] * 10
    answer = (await http.post("/graphql", json=batch)).json()
    return isinstance(answer, list)


async def trace_mode(http: httpx.AsyncClient) -> bool:
    answer = str(await post(http, "query cop { __typename }"))
    return "'tracing':" in answer.lower()


async def directive_overloading(http: httpx.AsyncClient) -> bool:
    answer = await post(http, "query cop { __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }")
    return len(answer["errors"]) == 10


async def circular_query_introspection(http: httpx.AsyncClient) -> bool:
    circle = "type { fields { " * 4 + "type { name }" + " } }" * 4
    answer = await post(http, f"query cop {{ __schema {{ types {{ fields {{ {circle} }} }} }} }}")
    return bool(data(answer))


async def get_based_mutation(http: httpx.AsyncClient) -> bool:
    answer = await http.get("/graphql", params={"query": "mutation cop {__typename}"})
    return bool(data(answer.json()))


async def post_based_csrf(http: httpx.AsyncClient) -> bool:
    answer = await http.post("/graphql", data={"query": "query cop { __typename }"})
    return bool(data(answer.json()))


async def unhandled_error_detection(http: httpx.AsyncClient) -> bool:
    answer = str(await post(http, "qwerty cop { abc }"))
    return "'exception':" in answer.lower()


CHECKS = (
    field_suggestions,
    introspection,
    detect_graphiql,
    get_method_support,
    alias_overloading,
    batch_query,
    trace_mode,
    directive_overloading,
    circular_query_introspection,
    get_based_mutation,
    post_based_csrf,
    unhandled_error_detection,
)


@pytest.mark.parametrize("check", CHECKS)
async def test_a_check_finds_nothing_without_a_token(demo: Demo, check: Check):
    async with httpx.AsyncClient(base_url=demo.url) as http:
        assert not await check(http)


@pytest.mark.parametrize("check", [check for check in CHECKS if check is not introspection])
async def test_a_check_finds_nothing_with_a_token(demo: Demo, token: str, check: Check):
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=demo.url, headers=headers) as http:
        assert data(await post(http, "query cop { __typename }"))
        assert not await check(http)


async def test_introspection_with_a_token_tells_what_is_published_to_all(demo: Demo, token: str):
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=demo.url) as http:
        published = (await http.get("/schema.graphql")).text
        http.headers.update(headers)
        answer = await post(http, "query cop { __schema { types { name } } }")
    named = {each["name"] for each in answer["data"]["__schema"]["types"]}
    assert {name for name in named if not name.startswith("__") and name not in published} == set()
