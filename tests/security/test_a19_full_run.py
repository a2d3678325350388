"""A19: a whole run at debug level, searched for every secret that was used in it.

Commands run as an operator runs them, in processes of their own, but that everything logs at debug
level, that one question fails inside and that every operation counts as slow. What they wrote,
PostgreSQL's log, the metrics, the traces and every answer are searched for each secret, whole and
in pieces of `PIECE` characters.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import ClassVar

import httpx  # noqa: TID251 - the callers of the hub
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.hub.collector import collector
from tests.hub.identity import forge, possession

PIECE = 16
"""Fewer characters of a signature or a key, found in a log, are luck."""

START_SECONDS = 100

AS_OPERATORS_DO = """
import logging
from functools import partial
logging.basicConfig(level=logging.DEBUG)
import hub.cli, hub.gateway.edge.endpoint
from hub.telemetry import log_to_stderr
hub.cli.log_to_stderr = partial(log_to_stderr, logging.DEBUG)
question_of = hub.gateway.edge.endpoint.question_of
async def failing(http, trusted):
    question = await question_of(http, trusted)
    if "failInside" in question.document:
        raise RuntimeError("failed inside")
    return question
hub.gateway.edge.endpoint.question_of = failing
hub.cli.main()
"""

PASSWORD = "correct-horse-battery-staple"
SERVICE_KEY = "b7Zk2mQv9TgX4sLw8RnY1cHd6JpF3eUa"
CODE = "SplxlOBeZQQYbYS6WxSbIAcodecodecode"
COOKIE = "Vq8Zr5TtNn3Kk1Hh7Gg9Dd2Ss4Aa6PpLlMm0WwXxYyZz"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
EVERYTHING = "{ members { code } me { client } products { totalCount } }"

_numbers = count()

pytestmark = pytest.mark.timeout(300)
"""Six processes are started, each of which imports everything."""


@dataclass
class Run:
    """A run: what was kept secret in it, and what it showed."""

    state: Path
    environment: dict[str, str]
    url: str = ""
    secrets: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    traced: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def secret(self, text: str) -> str:
        """Remember a secret; of a token each part but its header."""
        self.secrets.update(part for part in text.split(".")[-2:] if len(part) >= PIECE)
        self.secrets.add(text)
        return text

    def key(self, signer: forge.ECSigner) -> str:
        """Remember a private key, and give it as a JWK."""
        private = forge.b64_number(signer.private.private_numbers().private_value)
        return json.dumps(signer.jwk(d=self.secret(private)))

    def command(self, *arguments: str) -> str:
        """Run a command; give what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", AS_OPERATORS_DO, *arguments, "--state", str(self.state)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        self.logs.append(done.stderr)
        return done.stdout

    def show(self, answer: httpx.Response) -> httpx.Response:
        """Keep an answer, less what it gives its caller to keep."""
        text = answer.text
        if answer.headers.get("content-type") == "application/json":
            given = answer.json()
            for name in ("access_token", "csrf"):
                if name in given:
                    text = text.replace(self.secret(given[name]), "")
        self.shown.append(f"{answer.headers}\n{text}")
        self.statuses.append(answer.status_code)
        return answer


class Source(BaseHTTPRequestHandler):
    """A member's source that answers with nonsense, once it was sent the key."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<OpenAPI_ServiceResponse><returnReasonCode>30</returnReasonCode>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def source() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Source) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def serving(run: Run) -> Iterator[None]:
    """Serve the hub for the length of the block."""
    out, err = run.state / "served.out", run.state / "served.err"
    command = [sys.executable, "-c", AS_OPERATORS_DO, "serve", "--state", str(run.state)]
    with out.open("w") as stdout, err.open("w") as stderr:
        process = subprocess.Popen(
            [*command, "--port", run.url.rpartition(":")[2]],
            env=run.environment,
            stdout=stdout,
            stderr=stderr,
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while "GraphQL at" not in out.read_text() or not is_ready(run.url):
                assert process.poll() is None, err.read_text()
                assert time.monotonic() < deadline, err.read_text()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(START_SECONDS)
    run.shown.append(out.read_text())
    run.logs.append(err.read_text())


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


CLIENT = forge.ECSigner("client-key")
POSSESSED = forge.ECSigner("possessed")


def assertion(run: Run, sign: forge.Signer = CLIENT, **changes: object) -> dict[str, str]:
    """The form fields of a client that proves who it is."""
    now = int(time.time())
    claims = {"iss": "kr-office", "sub": "kr-office", "aud": run.url, "iat": now, "exp": now + 60}
    claims |= {"jti": f"assertion-{next(_numbers)}", **changes}
    text = forge.compact({"alg": "ES256", "kid": CLIENT.kid}, claims, sign)
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": run.secret(text)}


def proof(run: Run, path: str, token: str | None = None, **changes: object) -> str:
    """A proof of possession for a POST."""
    now = int(time.time())
    ath = forge.ABSENT if token is None else possession.ath(token)
    stated = {"jti": f"proof-{next(_numbers)}", "htu": run.url + path, "iat": now, "ath": ath}
    return run.secret(possession.proof(POSSESSED, **(stated | changes)))


def tokens(run: Run, http: httpx.Client) -> tuple[str, str]:
    """Ask for tokens well and badly; give a bearer token and a bound one."""

    def asked(form: dict[str, str], *proofs: str, **more: str) -> dict[str, str]:
        headers = [("dpop", each) for each in proofs]
        body = {"grant_type": "client_credentials", "purpose": "exercise"} | form | more
        return run.show(http.post("/oauth/token", data=body, headers=headers)).json()

    bearer = asked(assertion(run))["access_token"]
    good = proof(run, "/oauth/token")
    bound = asked(assertion(run), good)["access_token"]
    asked(assertion(run), good)
    asked(assertion(run), proof(run, "/elsewhere"))
    asked(assertion(run), proof(run, "/oauth/token", iat=int(time.time()) - 200))
    asked(assertion(run, forge.ECSigner()))
    asked(assertion(run, exp="never", sub=["kr-office"]))
    asked({"client_id": "kr-office", "client_secret": run.secret(PASSWORD)})
    exchange = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ACCESS_TOKEN}
    asked(assertion(run), **exchange, subject_token=bearer)
    asked(assertion(run), **exchange, subject_token=bound)
    for path in ("introspect", "revoke"):
        other = assertion(run)
        run.show(http.post(f"/oauth/{path}", data=other | {"token": bearer[:-4] + "AAAA"}))
    run.show(http.post("/oauth/token", content=json.dumps(assertion(run)).encode()))
    return bearer, bound


def questions(run: Run, http: httpx.Client, bearer: str, bound: str) -> None:
    """Ask with good tokens and bad ones."""
    used = proof(run, "/graphql", bound)
    changed = run.secret(bearer[:-8] + "AAAAAAAA")
    shown = [
        {"authorization": f"Bearer {bearer}"},
        {"authorization": f"Bearer {changed}"},
        {"authorization": f"Bearer {bound}"},
        {"authorization": f"DPoP {bound}", "dpop": used},
        {"authorization": f"DPoP {bound}", "dpop": used},
        {"authorization": f"DPoP {bound}", "dpop": proof(run, "/graphql", bearer)},
        {"authorization": f"DPoP {bearer}", "dpop": proof(run, "/graphql", bearer)},
        {"authorization": f"Basic {run.secret(forge.b64(PASSWORD.encode()))}"},
        {"authorization": f"Bearer {bearer}", "hub-purpose": run.secret(COOKIE)},
        {"cookie": f"__Host-hub-session={run.secret(COOKIE)}"},
        {"authorization": f"Bearer {bearer}", "client-cert": f":{PASSWORD}:"},
    ]
    for headers in shown:
        run.show(http.post("/graphql", json={"query": EVERYTHING}, headers=headers))
    for document in ("{ failInside }", "{ nothing }", "{", "{ products(first: 0) { totalCount } }"):
        run.show(http.post("/graphql", json={"query": document}, headers=shown[0]))
    run.show(http.post(f"/graphql?access_token={bearer}", json={"query": EVERYTHING}))
    run.show(http.get("/graphql", headers=shown[0]))
    events = shown[0] | {"accept": "text/event-stream"}
    run.show(http.post("/graphql", json={"query": EVERYTHING}, headers=events))


def sockets(run: Run, bearer: str) -> None:
    """Ask over WebSocket, with a token that holds and one that does not."""
    for token in (bearer, bearer[:-4] + "AAAA"):
        address = run.url.replace("http", "ws", 1) + "/graphql"
        with connect(address, subprotocols=["graphql-transport-ws"]) as socket:
            payload = {"authorization": f"Bearer {token}"}
            socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            try:
                run.shown.append(str(socket.recv()))
                asked = {"id": "1", "type": "subscribe", "payload": {"query": EVERYTHING}}
                socket.send(json.dumps(asked))
                run.shown.append(str(socket.recv()))
            except ConnectionClosed as closed:
                run.shown.append(str(closed))


def people(run: Run, http: httpx.Client) -> None:
    """Sign in as nobody can."""
    cookies = {"cookie": f"__Host-hub-sign-in={COOKIE}; __Host-hub-session={COOKIE}"}
    run.show(http.get("/sign-in/mfds", headers=cookies))
    callback = f"/sign-in/callback?code={run.secret(CODE)}&state={COOKIE}&iss=https://a.example"
    run.show(http.get(callback, headers=cookies))
    run.show(http.get("/session", headers=cookies))
    run.show(http.post("/sign-out", headers=cookies | {"origin": run.url, "hub-csrf": CODE}))


def free_url() -> str:
    with ThreadingHTTPServer(("127.0.0.1", 0), Source) as server:
        return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    state = tmp_path_factory.mktemp("run")
    key_file, public, private = (state / name for name in ("source.key", "public", "private"))
    environment = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    with source() as address, collector() as collected:
        bases = {
            "kr.mfds_permits": address,
            "us.openfda_shortages": f"http://u:{PASSWORD}@{address[7:]}",
        }
        environment |= {
            "DATA_GO_KR_SERVICE_KEY_FILE": str(key_file),
            "HUB_SOURCE_BASE_URLS": json.dumps(bases),
            "HUB_ALLOW_LOOPBACK_SOURCES": "true",
            "HUB_SLOW_SECONDS": "0.000001",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collected.url,
        }
        run = Run(state, environment, free_url())
        key_file.write_text(run.secret(SERVICE_KEY))
        public.write_text(json.dumps(CLIENT.jwk()))
        private.write_text(run.key(CLIENT))
        run.key(POSSESSED)
        with serving(run), httpx.Client(base_url=run.url) as http:
            whose = ["--member", "KR", "--organisation", "Office", "--role", "agency"]
            whose += ["--purpose", "exercise", "--may-act"]
            for file in (public, private):
                run.shown.append(
                    run.command("client", "add", "kr-office", *whose, "--public-key", str(file))
                )
            bearer, bound = tokens(run, http)
            questions(run, http, bearer, bound)
            sockets(run, bearer)
            people(run, http)
            run.shown.append(run.command("pull", *bases))
            run.shown.append(run.command("keys", "rotate"))
            printed = run.command("token", "--client", "kr-office", "--purpose", "exercise")
            run.secret(printed.strip())
            for path in ("/metrics", "/readyz", "/.well-known/jwks.json", "/schema.graphql"):
                run.show(http.get(path))
        for file in (state / "identity").rglob("*"):
            if file.is_file():
                text = file.read_text()
                run.secret(json.loads(text)["d"] if text.startswith("{") else text.strip())
        run.logs.extend(file.read_text() for file in (state / "postgres").glob("*log"))
        run.traced.extend(body.decode("latin-1") for body in collected.raw)
        yield run


def pieces(secret: str) -> set[str]:
    return {secret[start : start + PIECE] for start in range(len(secret) - PIECE + 1)} | {secret}


def test_a19_full_run_did_what_it_should(run):
    assert {200, 400, 401, 403} <= set(run.statuses)
    assert any(SERVICE_KEY in path for path in Source.asked)
    assert "failed inside" in "".join(run.logs)
    assert len(run.secrets) > 50
    assert len(run.logs) >= 7
    assert any("slow_operation" in log for log in run.logs)
    assert any("POST /graphql" in body for body in run.traced)
    assert any("hub_operation_seconds" in body for body in run.traced)


def test_a19_full_run_at_debug_level_shows_no_secret(run):
    text = "\n".join([*run.shown, *run.logs, *run.traced])
    known = {text[start : start + PIECE] for start in range(len(text) - PIECE + 1)}
    found = {secret for secret in run.secrets if len(secret) >= PIECE and pieces(secret) & known}
    assert not found


def test_a19_full_run_writes_nothing_but_lines_of_json(run):
    hubs = [line for log in run.logs for line in log.splitlines() if line.startswith("{")]
    assert len(hubs) > 20
    for line in hubs:
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()
