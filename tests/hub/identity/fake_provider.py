"""An OpenID provider of the tests' own, on real HTTP, and a hub where people sign in at it.

The provider is honest until told otherwise: it checks the client assertion and PKCE as a provider
must, keeps what it was asked, and lies where a test changes `metadata`, `pushed`, `claims` or
`tokens`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx  # noqa: TID251 - asks an in-process application, not the network
import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from hub.errors import HubError
from hub.identity.keys.jwks import VerificationKey, read_jwks
from hub.identity.sign_in.flow import SignIn
from hub.identity.sign_in.provider_client import ProviderClient
from hub.identity.sign_in.providers import Provider, add
from hub.identity.sign_in.routes import SignInPages
from hub.identity.sign_in.sessions import PersonSessions
from hub.identity.trust.trusted import FixedTrust, TrustedIssuer
from hub.outbound import open_outbound
from hub.store.database import writing_pool
from tests.hub.identity.forge import ABSENT, ALGORITHMS, ECSigner, compact

HUB = "https://hub.example"
CLIENT = "the-hub"
START = 1_800_000_000.0


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class FakeProvider:
    """One provider. `answers` takes the place of what it says at a path."""

    def __init__(self, clock: Clock, hub_key: ECKey) -> None:
        self.url = ""
        self.clock = clock
        self.hub_key = hub_key
        self.signer = ECSigner("provider-1")
        self.pushes = True
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.requests: dict[str, dict[str, str]] = {}

    async def take(self, request: Request) -> JSONResponse:
        """Answer one request of the hub's."""
        path = request.url.path
        form = {key: each[0] for key, each in parse_qs((await request.body()).decode()).items()}
        self.asked.append((path, form))
        status, said = self._say(path, form)
        if path in self.answers:
            status, said = self.answers[path]
        return JSONResponse(said, status)

    def _say(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            return 200, self._metadata()
        self.check_assertion(form)
        if path == "/par":
            return 201, {"request_uri": self.keep(form), "expires_in": 60}
        assert form["grant_type"] == "authorization_code"
        asked = self.requests.pop(form["code"], None)
        proven = create_s256_code_challenge(form["code_verifier"])
        if asked is None or asked["code_challenge"] != proven:
            return 400, {"error": "invalid_grant"}
        assert form["redirect_uri"] == asked["redirect_uri"]
        return 200, {
            "access_token": "opaque",
            "token_type": "Bearer",
            "id_token": self.id_token(asked["nonce"]),
        }

    def _metadata(self) -> dict[str, Any]:
        honest = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }
        if self.pushes:
            honest["pushed_authorization_request_endpoint"] = f"{self.url}/par"
        return without_absent(honest | self.metadata)

    def check_assertion(self, form: dict[str, str]) -> None:
        """Check who asks, as RFC 7523 and the FAPI 2.0 Security Profile say."""
        assert form["client_assertion_type"].endswith(":client-assertion-type:jwt-bearer")
        token = jwt.decode(form["client_assertion"], self.hub_key, algorithms=["ES256"])
        assert token.header["kid"] == self.hub_key.thumbprint()
        assert token.claims["iss"] == token.claims["sub"] == form["client_id"] == CLIENT
        assert token.claims["aud"] == self.url
        assert token.claims["exp"] - token.claims["iat"] == 60

    def keep(self, asked: dict[str, str]) -> str:
        """Keep an authorization request, and name it."""
        name = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(8)}"
        self.requests[name] = asked
        return name

    def id_token(self, nonce: str) -> str:
        """Sign who the person is, but for what a test changes."""
        now = int(self.clock())
        honest = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "officer-7",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "member": "KR",
            "organisation": "식품의약품안전처",
            "roles": ["regulator"],
            "purpose": ["exercise", "shortage-response"],
        }
        header = {"alg": "ES256", "kid": self.signer.kid, "typ": "JWT"}
        return compact(
            without_absent(header | self.header),
            without_absent(honest | self.claims),
            self.signer,
        )

    def authorize(self, address: str) -> dict[str, str]:
        """Be the person at the provider's page: say yes, and go back with what this gives."""
        parts = urlsplit(address)
        assert address.startswith(f"{self.url}/authorize?")
        query = {key: each[0] for key, each in parse_qs(parts.query).items()}
        assert query["client_id"] == CLIENT
        asked = self.requests.pop(query["request_uri"]) if "request_uri" in query else query
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        return {"code": self.keep(asked), "state": asked["state"], "iss": self.url}

    def trusted(self, **changes: Any) -> tuple[TrustedIssuer, Any]:
        """Describe the provider as an issuer the hub trusts, with its keys."""
        values = {"issuer": self.url, "algorithms": ALGORITHMS, "members": frozenset({"KR"})}
        return TrustedIssuer(**(values | changes)), read_jwks({"keys": [self.signer.jwk()]})


def without_absent(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not ABSENT}


class MovingTrust(FixedTrust):
    """Trust that a test takes back."""

    def __init__(self, *issuers: Any) -> None:
        super().__init__(issuers)
        self.revoked: set[tuple[str, str]] = set()
        self.fails_with: Exception | None = None
        self.while_fetching: Callable[[], None] = lambda: None

    def replace(self, issuer: TrustedIssuer, keys: Any) -> None:
        self._issuers[issuer.issuer], self._keys[issuer.issuer] = issuer, keys

    async def key(self, issuer: TrustedIssuer, kid: str) -> VerificationKey | None:
        if self.fails_with:
            raise self.fails_with
        found = await super().key(issuer, kid)
        self.while_fetching()
        return found

    def distrust(self, name: str) -> None:
        del self._issuers[name]

    def distrust_key(self, name: str) -> None:
        self._keys[name] = {}

    def is_revoked(self, issuer: str, client: str, _token_id: str) -> bool:
        return (issuer, client) in self.revoked


class Scene:
    """A hub with its sign-in, in this process, and what its browsers do."""

    def __init__(self, pool, trust, outbound, provider, clock) -> None:
        self.pool, self.trust, self.provider, self.clock = pool, trust, provider, clock
        client = ProviderClient(outbound, lambda: provider.hub_key, clock, allow_loopback=True)
        self.sessions = PersonSessions(pool, trust, HUB, clock)
        self.sign_in = SignIn(pool, trust, client, HUB, clock)
        pages = SignInPages(self.sign_in, self.sessions, home="/graphql")
        self.app = Starlette(
            routes=[*pages.routes(), Route("/graphql", self.answer, methods=["POST"])]
        )

    async def answer(self, request: Request) -> JSONResponse:
        """Say who calls, or why nobody does."""
        try:
            caller = await self.sessions.caller(request, request.headers.get("hub-purpose"))
        except HubError as error:
            return JSONResponse({"code": error.public_code, "detail": error.detail}, error.status)
        shown = caller and {"subject": caller.subject, "purpose": caller.purpose}
        return JSONResponse({"caller": shown})

    def browser(self) -> "Browser":
        return Browser(self)

    async def signed_in(self) -> "Browser":
        """A browser after an honest sign-in."""
        browser = self.browser()
        answer = await browser.come_back(await browser.go())
        assert (answer.status_code, answer.headers["location"]) == (303, "/graphql")
        return browser

    async def add(self, name: str = "kr", **changes: Any) -> None:
        values = {"issuer": self.provider.url, "client_id": CLIENT}
        async with self.pool.connection() as connection:
            await add(connection, Provider(name, **(values | changes)))


class Browser:
    """A browser with cookies of its own."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        transport = httpx.ASGITransport(scene.app)
        self.http = httpx.AsyncClient(transport=transport, base_url=HUB)

    def cookie(self, name: str) -> str | None:
        return self.http.cookies.get(name)

    def plant(self, name: str, value: str | None) -> None:
        """Have a cookie that the hub could have set."""
        self.http.cookies.set(name, value, domain="hub.example", path="/")

    async def go(self, name: str = "kr") -> dict[str, str]:
        """Begin to sign in; give what the provider sends back."""
        answer = await self.http.get(f"/sign-in/{name}")
        assert answer.status_code == 303, answer.text
        return self.scene.provider.authorize(answer.headers["location"])

    async def come_back(self, answer: dict[str, str]) -> httpx.Response:
        return await self.http.get("/sign-in/callback", params=answer)

    async def session(self) -> dict[str, Any]:
        return (await self.http.get("/session")).json()

    async def headers(self, **changes: Any) -> dict[str, str]:
        """What the hub's page sends with a question, but for the changes."""
        honest = {
            "Origin": HUB,
            "Content-Type": "application/json",
            "Hub-CSRF": (await self.session()).get("csrf", ""),
            "Hub-Purpose": "exercise",
        }
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        return without_absent(honest | named)

    async def ask(self, **changes: Any) -> httpx.Response:
        """Ask as the hub's page would, but for the headers given."""
        headers = await self.headers(**changes)
        return await self.http.post("/graphql", content=b"{}", headers=headers)


@asynccontextmanager
async def provider_serving(clock: Clock, hub_key: ECKey) -> AsyncIterator[FakeProvider]:
    """Serve a provider on a free port."""
    provider = FakeProvider(clock, hub_key)
    app = Starlette(routes=[Route("/{path:path}", provider.take, methods=["GET", "POST"])])
    config = uvicorn.Config(app, port=0, log_level="critical", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.01)
    provider.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def signing_in(database_url: str) -> AsyncIterator[Scene]:
    """A hub over a database, with one provider named `kr`."""
    clock, hub_key = Clock(), ECKey.generate_key("P-256", auto_kid=True)
    async with (
        provider_serving(clock, hub_key) as provider,
        writing_pool(database_url) as pool,
        open_outbound(allow_loopback=True) as outbound,
    ):
        scene = Scene(pool, MovingTrust(provider.trusted()), outbound, provider, clock)
        await scene.add()
        yield scene
        async with pool.connection() as connection:
            for table in ("sign_in_provider", "sign_in_attempt", "person_session"):
                await connection.execute(f"DELETE FROM {table}")


async def refusal(browser: Browser, answer: dict[str, str]) -> str:
    """Expect that the answer signs nobody in; give the cause that operators are told."""
    with capture_logs() as logs:
        page = await browser.come_back(answer)
    assert page.status_code in {401, 404, 502, 503}
    assert browser.cookie("__Host-hub-session") is None
    [log] = logs
    assert log["detail"] not in page.text
    return log["detail"]
