"""Ways into GraphQL that are no documents over a limit (those: `test_gateway_limits.py`)."""

import ast
import json
from contextlib import ExitStack

import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest

from hub.agreements.watch import FixedPolicies
from hub.app import build_app
from hub.errors import RateLimited, Timeout
from hub.gateway import limits
from hub.gateway.changes.subscriptions import OpenSubscriptions
from hub.gateway.questions.introspection import SchemaRights
from hub.gateway.questions.parsed import Documents, Refused
from hub.gateway.reading import reading
from hub.gateway.schema import build_schema
from hub.identity.types import Purpose, Role
from hub.settings import ROOT
from hub.store.database import reading_pool
from tests.hub.gateway.serving import ADDRESS, HUB_FIXTURES, Hub, caller_of

hub, policy_folders, state, world_url = HUB_FIXTURES

TYPES = "{ __schema { types { name } } }"
CIRCLE = "{ __schema { types { " + "fields { type { " * 4 + "name" + " } " * 11


@pytest.fixture(scope="module")
async def reserved(hub, world_url):
    """A hub whose schema only the secretariat may introspect, and be helped with."""
    settings = hub.settings.model_copy(
        update={"introspection_roles": ["secretariat"], "suggestion_roles": ["secretariat"]}
    )
    app = build_app(settings, world_url, policies=FixedPolicies(hub.policies))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http,
    ):
        yield Hub(http, settings, hub.policies)


@pytest.mark.parametrize("question", [TYPES, "{ _service { sdl } }", "{ __typename }"])
async def test_a20_nobody_asks_about_the_schema_without_a_token(hub, question):
    answer = await hub.http.post("/graphql", json={"query": question})
    assert answer.status_code == 401
    assert "types" not in answer.text


async def test_a20_introspection_is_for_the_roles_that_are_named(reserved):
    for _ in range(3):
        error = await reserved.error(TYPES)
        assert error["extensions"] == {"code": "INTROSPECTION_CLOSED"}
        assert (await reserved.data(TYPES, client="secretariat"))["__schema"]["types"]


@pytest.mark.parametrize(
    "question",
    [
        '{ me { client } __type(name: "Me") { name } }',
        "{ ...F } fragment F on Query { ... { __schema { types { name } } } }",
        "query ($no: Boolean = false) { __schema @include(if: $no) { types { name } } }",
    ],
)
async def test_a20_introspection_that_is_closed_is_closed_by_every_way_in(reserved, question):
    error = await reserved.error(question)
    assert error["extensions"] == {"code": "INTROSPECTION_CLOSED"}


async def test_a20_the_schema_holds_nothing_that_introspection_would_have_to_hide(reserved):
    public = (await reserved.http.get("/schema.graphql")).text
    shown = await reserved.data(TYPES, client="secretariat")
    names = {each["name"] for each in shown["__schema"]["types"]}
    hidden = {name for name in names if f" {name}" not in public and not name.startswith("_")}
    assert hidden <= {"String", "Int", "Float", "Boolean", "ID"}


async def test_a20_a_circle_through_the_schema_is_refused(hub):
    error = await hub.error(CIRCLE)
    assert error["extensions"] == {"code": limits.INTROSPECTION_LISTS.code}
    assert error["message"] == limits.INTROSPECTION_LISTS.message(4)


async def test_a20_a_name_nearly_right_is_suggested_to_nobody_who_is_not_named(hub, reserved):
    question = "{ product { totalCount } }"
    for asked, client in ((hub, "secretariat"), (hub, "kr-mfds"), (reserved, "kr-mfds")):
        assert "Did you mean" not in (await asked.error(question, client=client))["message"]
    told = await reserved.error(question, client="secretariat")
    assert "Did you mean 'products'" in told["message"]


def test_a20_what_was_suggested_to_one_is_not_kept_for_another():
    rights = SchemaRights(suggestions=frozenset({Role.AUDITOR}))
    documents = Documents(build_schema()._schema, rights)
    for roles, is_told in (([Role.AUDITOR], True), ([Role.AGENCY], False), (None, False)) * 2:
        with pytest.raises(Refused) as caught:
            documents.read("{ product { totalCount } }", roles)
        [error] = caught.value.errors
        assert ("Did you mean" in error.message) is is_told


async def test_a20_a_batch_is_refused(hub):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}"}
    batch = [{"query": "{ me { client } }"}] * 100
    answer = await hub.http.post("/graphql", json=batch, headers=headers)
    assert answer.status_code == 400
    assert "data" not in answer.json()


async def test_a20_a_mutation_by_get_changes_nothing(hub):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}", "graphql-preflight": "1"}
    mutation = 'mutation { voteMode(input: {mode: CRISIS, reason: "x"}) { __typename } }'
    answer = await hub.http.get("/graphql", params={"query": mutation}, headers=headers)
    assert answer.status_code in {400, 405}
    assert "voteMode" not in answer.json().get("data", {})


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", ""])
async def test_a20_what_a_form_of_another_site_can_send_is_refused(hub, kind):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}", "content-type": kind}
    body = json.dumps({"query": "{ me { client } }"})
    answer = await hub.http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 415
    assert "kr-mfds" not in answer.text


async def test_a20_the_older_socket_protocol_is_not_served(hub):
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def keep(message):
        sent.append(message)

    address = {"path": "/graphql", "raw_path": b"/graphql", "query_string": b"", "root_path": ""}
    scope = {"type": "websocket", "headers": [], "subprotocols": ["graphql-ws"]} | address
    await hub.http._transport.app(scope, receive, keep)
    assert sent[-1]["type"] == "websocket.close"
    assert sent[-1]["code"] == 4406


def test_a20_a_client_opens_its_subscriptions_and_no_more():
    opened = OpenSubscriptions()
    flood, other = (caller_of(name, Purpose.EXERCISE) for name in ("kr-mfds", "us-fda"))
    with ExitStack() as stack:
        for _ in range(limits.SUBSCRIPTIONS.most):
            stack.enter_context(opened.one_more(flood))
        with pytest.raises(RateLimited, match="10 at most"), opened.one_more(flood):
            pass
        stack.enter_context(opened.one_more(other))
    with opened.one_more(flood):
        pass


async def test_a20_a_statement_that_takes_too_long_ends_with_the_limit_stated(world_url):
    async with reading_pool(world_url, max_size=1) as pool:
        async with reading(pool) as connection:
            await connection.execute("SET statement_timeout = 20")
        with pytest.raises(Timeout) as caught:
            async with reading(pool) as connection:
                await connection.execute("SELECT pg_sleep(5)")
    assert caught.value.public_code == limits.STATEMENT_SECONDS.code
    assert f"{limits.STATEMENT_SECONDS.most} at most" in caught.value.message


def test_a20_no_question_makes_the_hub_ask_a_member():
    """One question is answered from the store: nothing can be made to call k members."""
    callers = {"hub.outbound", "hub.sync.fetching", "hub.sync.pull.pull", "hub.sync.pipeline"}
    callers |= {"httpx", "httpx2", "requests", "urllib.request"}
    for path in (ROOT / "hub" / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            assert not {*names} & callers, path
