"""What can be asked without a token is on this list, and nothing of it holds a record."""

import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from hub.gateway.schema import build_schema
from tests.hub.gateway.serving import HUB_FIXTURES, WORLD

hub, policy_folders, state, world_url = HUB_FIXTURES

PUBLIC = {
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/schema.graphql"),
    ("GET", "/graphql"),
    ("GET", "/graphiql"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/.well-known/oauth-protected-resource"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/sign-in"),
    ("GET", "/session"),
}
PROTECTED = {
    ("POST", "/graphql"),
    ("WEBSOCKET", "/graphql"),
    ("POST", "/exports"),
    ("GET", "/exports/{id}"),
    ("DELETE", "/exports/{id}"),
    ("GET", "/exports/{id}/manifest"),
    ("GET", "/exports/{id}/file"),
    ("POST", "/submissions/{feed}"),
    ("GET", "/submissions/templates/{name}"),
    ("POST", "/oauth/token"),
    ("POST", "/oauth/revoke"),
    ("POST", "/oauth/introspect"),
    ("GET", "/sign-in/callback"),
    ("GET", "/sign-in/{provider}"),
    ("POST", "/sign-out"),
}


def operations(routes):
    for route in routes:
        match route:
            case Mount():
                methods = {"GET"}
            case WebSocketRoute():
                methods = {"WEBSOCKET"}
            case Route():
                methods = route.methods - {"HEAD"}
            case _:
                pytest.fail(f"{route} is of a kind that is not listed")
        yield from ((method, route.path) for method in methods)


async def test_every_route_is_listed_as_public_or_protected(hub):
    app = hub.http._transport.app
    assert set(operations(app.router.routes)) == PUBLIC | PROTECTED


@pytest.mark.parametrize(("method", "path"), sorted(PUBLIC))
async def test_a_public_operation_holds_no_record(hub, method, path):
    path = "/graphiql/page.js" if path == "/graphiql" else path
    answer = await hub.http.request(method, path, headers={"accept": "text/html, */*"})
    assert answer.status_code == (307 if path == "/" else 200)
    keys = {row["key"] for rows in WORLD.rows.values() for row in rows}
    assert not any(key in answer.text for key in keys)


@pytest.mark.parametrize("field", sorted(build_schema()._schema.query_type.fields))
async def test_no_root_field_answers_without_a_token(hub, field):
    answer = await hub.http.post("/graphql", json={"query": f"{{ {field} {{ __typename }} }}"})
    assert answer.status_code == 401
    assert "data" not in answer.json()


@pytest.mark.parametrize("field", ["__schema", '__type(name: "Query")'])
async def test_the_schema_is_told_to_callers_only(hub, field):
    question = {"query": f"{{ {field} {{ __typename }} }}"}
    assert (await hub.http.post("/graphql", json=question)).status_code == 401
    assert "data" in await hub.ask(question["query"])


MUTATIONS = {
    "decideSubstance",
    "undoSubstanceDecision",
    "draftAgreement",
    "proposeAgreement",
    "ratifyAgreement",
    "approveAgreements",
    "rejectAgreement",
    "withdrawAgreement",
    "suspendAgreement",
    "resumeAgreement",
    "endAgreement",
    "proposeIssuer",
    "approveIssuer",
    "withdrawIssuer",
    "distrustIssuer",
    "distrustKey",
    "liftDistrust",
    "voteMode",
    "withdrawVote",
    "pauseFeed",
    "resumeFeed",
    "scheduleFeed",
    "pullFeed",
    "releasePull",
    "rejectPull",
    "setGateMode",
    "addWebhook",
    "removeWebhook",
    "submitStockReports",
    "submitSupplyNotices",
    "withdrawFiledStockReports",
    "withdrawFiledSupplyNotices",
}


def test_what_can_be_changed_and_followed_is_listed():
    schema = build_schema()._schema
    assert set(schema.mutation_type.fields) == MUTATIONS
    assert set(schema.subscription_type.fields) == {"changes"}


@pytest.mark.parametrize("mutation", sorted(MUTATIONS))
async def test_no_mutation_is_open_without_a_token(hub, mutation):
    question = {"query": f"mutation {{ {mutation} {{ __typename }} }}"}
    answer = await hub.http.post("/graphql", json=question)
    assert answer.status_code == 401
    assert "data" not in answer.json()
