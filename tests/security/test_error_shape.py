"""Every error has a code and a message for anyone; what failed inside goes to the log alone."""

import psycopg
import pytest
import structlog

from hub import errors
from hub.errors import HubError
from hub.gateway.execution.roots import RootField
from hub.gateway.limits import DIRECTIVES_IN_PLACE, FIELDS, ROOT_FIELDS
from hub.gateway.planning.page import Page
from hub.gateway.questions.parsed import MAX_ERRORS
from tests.hub.gateway.serving import HUB_FIXTURES

hub, policy_folders, state, world_url = HUB_FIXTURES

SECRET = "SELECT secret FROM price_ceiling WHERE place = '/etc/hub'"
TRACES = ("Traceback", 'File "', "SELECT", "psycopg", "secret", "/etc", "hub.gateway", "Error(")


def _is_branch(kind):
    return isinstance(kind, type) and issubclass(kind, HubError) and kind is not HubError


TREE = [HubError, *(kind for kind in vars(errors).values() if _is_branch(kind))]


def made(kind):
    """An error of a kind, with what only operators may read."""
    error = kind("say what to do next")
    error.detail = SECRET
    return error


def is_safe(text):
    return not any(trace in text for trace in TRACES)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
async def test_each_of_our_errors_shows_its_code_and_message_and_hides_its_detail(
    hub,
    monkeypatch,
    kind,
):
    def failing(*_):
        raise made(kind)

    monkeypatch.setattr(RootField, "plan", failing)
    answer = await hub.post(f"{{ products {{ t: totalCount }} me {{ client }} }} # {kind}")
    assert answer.json()["data"] == {"products": None, "me": {"client": "kr-mfds"}}
    assert answer.json()["errors"] == [
        {
            "message": "say what to do next",
            "locations": [{"line": 1, "column": 3}],
            "path": ["products"],
            "extensions": {"code": kind.code},
        }
    ]
    assert is_safe(answer.text)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
async def test_each_of_our_errors_before_the_question_has_its_status(hub, monkeypatch, kind):
    def failing(*_):
        raise made(kind)

    monkeypatch.setattr("hub.gateway.edge.endpoint.question_of", failing)
    answer = await hub.post("{ me { client } }")
    assert answer.status_code == kind.status
    shown = {"message": "say what to do next", "extensions": {"code": kind.code}}
    assert answer.json() == {"errors": [shown]}


@pytest.mark.parametrize("error", [RuntimeError, KeyError, AssertionError, psycopg.Error])
async def test_a19_unforeseen_error_of_a_field_is_masked_and_logged(
    hub,
    monkeypatch,
    error,
):
    def failing(*_):
        raise error(SECRET)

    monkeypatch.setattr(RootField, "plan", failing)
    with structlog.testing.capture_logs() as logs:
        answer = await hub.post(f"{{ products {{ u: totalCount }} }} # {error}")
    [shown] = answer.json()["errors"]
    assert shown["extensions"] == {"code": "INTERNAL"}
    assert shown["path"] == ["products"]
    assert shown["message"].startswith("the hub failed inside")
    assert is_safe(answer.text)
    assert [log["exc_info"].args for log in logs if log["event"] == "failed"] == [(SECRET,)]


async def test_a19_statement_that_fails_shows_no_sql(hub, monkeypatch):
    monkeypatch.setattr(Page, "sql", lambda *_: SECRET)
    answer = await hub.post("{ products { v: totalCount } }")
    assert answer.json()["errors"][0]["extensions"] == {"code": "INTERNAL"}
    assert is_safe(answer.text)


@pytest.mark.parametrize(
    "place", ["hub.gateway.edge.endpoint.execute", "hub.gateway.edge.endpoint.question_of"]
)
async def test_a19_unforeseen_error_of_the_whole_request_is_masked(hub, monkeypatch, place):
    def failing(*_):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(place, failing)
    answer = await hub.post("{ me { client } }")
    assert answer.status_code == 500
    [shown] = answer.json()["errors"]
    assert shown["extensions"] == {"code": "INTERNAL"}
    assert is_safe(answer.text)


@pytest.mark.parametrize(
    "question",
    [
        "", "{", "{ nothing }", "{ me }", "{ me { client { x } } }", "{ me { ...F } }",
        '{ products(first: "x") { totalCount } }', "query ($n: Nothing) { me { client } }",
        "query ($n: Int!) { products(first: $n) { totalCount } }", "{ me { client @no } }",
        "mutation { x }", "subscription { x }", "type A { b: Int }", "fragment F on Me { client }",
        '{ products(asOf: "x") { totalCount } }', '{ products(after: "x") { totalCount } }',
        "{ products(filter: {origin: {eq: FR}}) { totalCount } }",
        '{ stockReports(filter: {quantity: {eq: "x"}}) { totalCount } }',
    ],
)  # fmt: skip
async def test_an_error_of_the_question_says_so_with_a_code(hub, question):
    answer = await hub.post(question)
    assert answer.status_code == 200
    for error in answer.json()["errors"]:
        assert error["message"]
        assert error["extensions"]["code"] in {"INVALID_INPUT", "BAD_CURSOR"}
    assert is_safe(answer.text)


async def test_s23_errors_are_few_however_many_there_are(hub):
    flood = " ".join(["@skip(if: false)"] * DIRECTIVES_IN_PLACE.most)
    unknown = " ".join(f"x{n}" for n in range(FIELDS.most - 1))
    for question in (f"{{ me {{ client {flood} }} }}", f"{{ me {{ {unknown} }} }}"):
        with structlog.testing.capture_logs() as logs:
            answer = await hub.ask(question)
        assert len(answer["errors"]) <= MAX_ERRORS + 1
        assert len(logs) <= MAX_ERRORS + 1
    absent = "query ($ids: [String!]) { changes(types: $ids) { endCursor } }"
    answer = await hub.ask(absent, variables={"ids": [None] * 500})
    assert MAX_ERRORS <= len(answer["errors"]) <= MAX_ERRORS + 1
    bad = " ".join(f"a{n}: products(first: 0) {{ totalCount }}" for n in range(ROOT_FIELDS.most))
    with structlog.testing.capture_logs() as logs:
        answer = await hub.ask(f"{{ {bad} }}")
    assert len(answer["errors"]) == len(logs) == MAX_ERRORS


async def test_a_field_name_nearly_right_is_not_completed(hub):
    error = await hub.error("{ product { totalCount } }")
    assert error["message"] == "Cannot query field 'product' on type 'Query'."
