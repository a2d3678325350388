"""What Starlette, graphql-core and Strawberry do that our edge answers to (surprises S21 to S23).

The pairs of S23 and of S22's lists are `test_error_shape.py` and `test_gateway_limits.py`.
"""

import pytest
import strawberry
from graphql import parse, validate
from starlette.datastructures import Headers
from strawberry.extensions import MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter

from hub.gateway.schema import build_schema
from tests.hub.gateway.serving import HUB_FIXTURES

hub, policy_folders, state, world_url = HUB_FIXTURES


def test_s21_starlette_gives_the_first_of_two_headers():
    headers = Headers(raw=[(b"dpop", b"one"), (b"dpop", b"two")])
    assert headers.get("dpop") == headers["dpop"] == "one"
    assert headers.getlist("dpop") == ["one", "two"]


@pytest.mark.parametrize("name", ["authorization", "dpop"])
async def test_s21_ours_refuses_two_headers(hub, name):
    token = f"Bearer {hub.token('kr-mfds')}"
    doubled = {"authorization": [token, token], "dpop": ["x", "y"]}[name]
    headers = [(name, value) for value in doubled]
    if name != "authorization":
        headers.append(("authorization", token.replace("Bearer", "DPoP")))
    question = {"query": "{ me { client } }"}
    answer = await hub.http.post("/graphql", json=question, headers=headers)
    assert answer.status_code == 401


def test_s22_strawberry_resolves_any_number_of_entities_under_its_limiters():
    @strawberry.federation.type(keys=["id"])
    class Thing:
        id: strawberry.ID

        @classmethod
        def resolve_reference(cls, id: strawberry.ID) -> "Thing":  # noqa: A002 - the key's name
            return cls(id=id)

    @strawberry.type
    class Query:
        thing: Thing

    limiters = (
        lambda: QueryDepthLimiter(max_depth=4),
        lambda: MaxAliasesLimiter(max_alias_count=1),
        lambda: MaxTokensLimiter(max_token_count=50),
    )
    schema = strawberry.federation.Schema(Query, types=[Thing], extensions=list(limiters))
    representations = [{"__typename": "Thing", "id": str(each)} for each in range(10_000)]
    question = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id } } }"
    answer = schema.execute_sync(question, {"r": representations})
    assert answer.errors is None
    assert len(answer.data["_entities"]) == 10_000


async def test_s22_ours_resolves_no_more_entities_than_it_says(hub):
    question = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { id } } }"
    representations = [{"__typename": "Product", "id": f"KR.Product.{each}"} for each in range(501)]
    answer = await hub.ask(question, variables={"r": representations})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["ENTITY_LIMIT"]
    answer = await hub.ask(question, variables={"r": representations[:500]})
    assert "errors" not in answer


def test_s23_graphql_lists_an_error_for_each_repeated_directive():
    repeated = " ".join(["@skip(if: false)"] * 60)
    question = f"{{ me {{ client {repeated} }} }}"
    assert len(question) < 1100
    assert len(validate(build_schema()._schema, parse(question))) == 59
