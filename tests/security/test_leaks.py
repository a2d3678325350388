"""A19: what errors and logs tell, to callers and to whoever reads a log."""

import asyncio
import io
import json
import logging
import os
import subprocess
import sys

import psycopg
import pytest
import structlog

from hub.errors import HubError
from hub.identity.types import Presented, UnverifiedToken
from hub.outbound import open_outbound
from hub.settings import credential
from hub.telemetry import log_to_stderr
from tests.hub.gateway.serving import ADDRESS
from tests.hub.identity import forge
from tests.security.edge import EDGE_FIXTURES, QUESTION

hub, policy_folders, state, world_url, edge = EDGE_FIXTURES

PASSWORD = "correct-horse-battery"


@pytest.fixture
def log(monkeypatch):
    """Log as the command line does, at debug level; `log()` gives the lines."""
    before, written, root = structlog.get_config(), io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", written)
    log_to_stderr(logging.DEBUG)
    root.setLevel(logging.WARNING)  # the caller's own libraries run in this process too
    yield lambda: written.getvalue().splitlines()
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


# Tokens and proofs


@pytest.mark.parametrize("text", [forge.token(), "a" * 50])
def test_a19_what_a_request_shows_is_not_in_its_repr(text):
    shown = Presented(UnverifiedToken(text), proofs=(text,))
    assert text not in repr(shown) + str(shown) + f"{shown.token}"


@pytest.mark.parametrize("case", ["another audience", "another key", "a proof beside it"])
async def test_a19_refused_token_is_in_neither_log_nor_answer(edge, log, case):
    proof = forge.token(jti="proof")
    changes = {
        "another audience": {"aud": "https://other.example"},
        "another key": {"sign": forge.ECSigner()},
        "a proof beside it": {"cnf": {"jkt": "x" * 43}},
    }
    text = edge.forged(**changes[case])
    answer = await edge.ask(text, "DPoP" if "proof" in case else "Bearer", dpop=proof)
    assert answer.status_code == 401
    (line,) = log()
    assert json.loads(line)["event"] == "refused"
    assert not any(part in answer.text + line for part in f"{text}.{proof}".split("."))


# Addresses with credentials


@pytest.mark.parametrize(
    "url",
    [
        f"https://agency:{PASSWORD}@127.0.0.1/list",
        f"https://127.0.0.1/list?serviceKey={PASSWORD}",
        f"https://127.0.0.1:1/{PASSWORD}/list",
        f"ftp://agency:{PASSWORD}@member.example/",
        f"https://member.example:{PASSWORD}/",
    ],
)
async def test_a19_member_address_is_told_without_its_credentials(url):
    async with open_outbound() as outbound:
        with pytest.raises(HubError) as refused:
            await outbound.get(url, {})
    assert PASSWORD not in f"{refused.value.message} {refused.value.detail}"


async def test_a19_source_that_can_t_be_reached_is_told_without_its_credentials():
    listener = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with open_outbound(allow_loopback=True) as outbound, listener:
        with pytest.raises(HubError) as failed:
            await outbound.get(f"http://127.0.0.1:{port}/?serviceKey={PASSWORD}", {})
    assert PASSWORD not in f"{failed.value.message} {failed.value.detail}"


@pytest.mark.parametrize("command", [["status"], ["serve"], ["pull"]])
def test_a19_database_that_can_t_be_reached_is_told_without_its_password(command, tmp_path):
    url = f"postgresql://hub:{PASSWORD}@127.0.0.1:1/hub"
    environment = dict(os.environ, HUB_DATABASE_URL=url, HUB_STATE_DIR=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "hub", *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert PASSWORD not in done.stdout + done.stderr


def test_a19_key_file_that_can_t_be_read_is_told_without_its_path(monkeypatch, tmp_path):
    monkeypatch.setenv("MEMBER_KEY_FILE", str(tmp_path / PASSWORD))
    with pytest.raises(HubError) as failed:
        credential("MEMBER_KEY")
    assert PASSWORD not in failed.value.message


# Stack traces


async def test_a19_trace_in_the_log_shows_no_value_of_a_request(edge, log, monkeypatch):
    def failing(*_):
        raise psycopg.InterfaceError("failed")

    monkeypatch.setattr("hub.gateway.edge.endpoint.question_of", failing)
    token = edge.minted()
    answer = await edge.ask(token)
    lines = log()
    assert "Traceback" not in answer.text
    assert any("Traceback" in line for line in lines)
    assert not any(part in answer.text + "".join(lines) for part in token.split("."))


# Differences that tell a wrong key from an unknown one


def seen(answer):
    changing = {"date", "x-request-id"}
    headers = {name: text for name, text in answer.headers.items() if name not in changing}
    return answer.status_code, headers, answer.content


async def test_a19_unknown_and_wrong_keys_look_the_same(edge):
    answers = [
        await edge.ask(text)
        for text in (
            edge.forged(header={"kid": "unknown"}),
            edge.forged(sign=forge.ECSigner()),
            edge.forged(iss="https://unknown.example"),
            edge.forged(aud="https://other.example"),
            edge.forged(exp=1),
            edge.forged(member="XX"),
            edge.forged(jti=5),
            "nonsense",
        )
    ]
    assert len({repr(seen(answer)) for answer in answers}) == 1


# Lines that a caller would forge in the log

FORGED = 'x\n{"event": "token_issued", "level": "info"}\r\nx'


@pytest.mark.parametrize("header", [{"kid": FORGED}, {"typ": FORGED}, {FORGED: 1}], ids=str)
async def test_a19_header_of_a_token_forges_no_line_of_the_log(edge, log, header):
    assert (await edge.ask(edge.forged(header=header))).status_code == 401
    assert [json.loads(line)["event"] for line in log()] == ["refused"]


@pytest.mark.parametrize("claim", ["iss", "sub", "client_id", "jti", "organisation", "purpose"])
async def test_a19_claim_of_a_token_forges_no_line_of_the_log(edge, log, claim):
    assert (await edge.ask(edge.forged(**{claim: FORGED}))).status_code == 401
    assert [json.loads(line)["event"] for line in log()] == ["refused"]


async def test_a19_question_forges_no_line_of_the_log(edge, log):
    headers = {"authorization": f"Bearer {edge.minted()}"}
    document = f"{{ me {{ client }} }} # {FORGED}"
    for body in ({"query": document + " }"}, QUESTION | {"operationName": FORGED}):
        await edge.http.post("/graphql", json=body, headers=headers)
    assert {json.loads(line)["event"] for line in log()} <= {"refused"}


async def test_a19_tokens_are_told_apart_in_the_log_by_nothing_they_hold(edge, log):
    await edge.ask(edge.forged(aud=f"{ADDRESS}/secret-path"))
    (line,) = log()
    assert json.loads(line)["detail"] == "aud: another audience"
