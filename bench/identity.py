"""`python -m bench.identity`: what it costs to know who asks, from headers to a `Caller`.

Processor time is this process's own, on the event loop of `hub serve`; PostgreSQL, where it is
asked, is real and another process. Such requests come `alone`, one after another, or `together`,
`AT_ONCE` at a time. All kinds run in turn, several rounds, medians. Tokens and proofs are made
beforehand.
"""

import asyncio
import base64
import hashlib
import secrets
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey
from rich.console import Console
from rich.table import Table
from starlette.requests import HTTPConnection
from uvicorn.loops.auto import auto_loop_factory

from bench.servers import CALLER
from hub.identity.authentication import Authenticator
from hub.identity.followed_trust import FollowedTrust
from hub.identity.keys.jose import sign
from hub.identity.keys.jwks_cache import JWKSCache
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.own_issuer.issuer import EmbeddedIssuer, grant_to
from hub.identity.own_issuer.keys import SigningKeys
from hub.identity.presented import Presenter
from hub.identity.proofs.dpop import ProofChecker
from hub.identity.proofs.nonces import Nonces
from hub.identity.proofs.replay import open_spent_proofs
from hub.identity.quotas import Limits, RequestQuotas
from hub.identity.tokens.verifying import TokenRules, TokenVerifier
from hub.outbound import open_outbound
from hub.store.database import Pool, migrate, writing_pool
from hub.store.embedded import embedded_postgres

ROUNDS = 9
REQUESTS = 160
AT_ONCE = 16
ADDRESS = "http://bench"
CLIENT = DEMO_CLIENTS[0]
BARS = {"bearer, known": 60, "DPoP, alone": 400, "DPoP, together": 400}
"""Microseconds of processor time."""

COUNTED = """
    INSERT INTO request_count (day, member, issuer, client, requests)
    VALUES ((now() AT TIME ZONE 'UTC')::date, %s, %s, %s, 1)
    ON CONFLICT (day, member, issuer, client) DO UPDATE
    SET requests = request_count.requests + 1 RETURNING requests
"""

Results = dict[str, dict[str, float]]
Kinds = dict[str, Callable[[], list[Awaitable[object]]]]
"""By name, what makes the requests of a round."""


def run() -> Results:
    """Print the table and give its figures by kind of request, in microseconds."""
    with (
        tempfile.TemporaryDirectory(prefix="hub-bench-") as folder,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
    ):
        results = runner.run(_run(Path(folder)))
    show(results)
    return results


async def _run(state: Path) -> Results:
    with embedded_postgres(state) as url:
        await migrate(url)
        async with _kinds(state, url) as kinds:
            return await _measured(kinds)


async def _measured(kinds: Kinds) -> Results:
    taken = defaultdict(lambda: defaultdict(list))
    for _ in range(ROUNDS):
        for kind, make in kinds.items():
            requests = make()
            step = AT_ONCE if kind.endswith("together") else 1
            cpu, clock = time.process_time(), time.perf_counter()
            for first in range(0, len(requests), step):
                if step == 1:
                    await requests[first]
                else:
                    await asyncio.gather(*requests[first : first + step])
            taken[kind]["cpu_us"].append((time.process_time() - cpu) / REQUESTS * 1e6)
            taken[kind]["us"].append((time.perf_counter() - clock) / REQUESTS * 1e6)
    return {
        kind: {name: statistics.median(each) for name, each in figures.items()}
        for kind, figures in taken.items()
    }


@asynccontextmanager
async def _kinds(state: Path, url: str) -> AsyncIterator[Kinds]:
    issuer = EmbeddedIssuer(ADDRESS, ADDRESS, SigningKeys.open(state / "keys"))
    async with (
        open_outbound() as outbound,
        open_spent_proofs(url) as spent,
        writing_pool(url) as pool,
        FollowedTrust(url, JWKSCache(outbound), issuer).following() as trust,
    ):
        proofs = ProofChecker(spent, Nonces(secrets.token_urlsafe()))
        verifier = TokenVerifier(TokenRules(ADDRESS), trust, proofs)
        admit = Authenticator(verifier, Presenter(ADDRESS)).admit
        yield {"floor: one signature": _signatures} | _admissions(admit, issuer) | _counts(pool)


def _signatures() -> list[Awaitable[object]]:
    key = ec.generate_private_key(ec.SECP256R1())
    kind = ec.ECDSA(hashes.SHA256())
    signature, public = key.sign(b"text", kind), key.public_key()

    async def checked() -> None:
        public.verify(signature, b"text", kind)

    return [checked() for _ in range(REQUESTS)]


def _admissions(admit: Callable[..., Awaitable[object]], issuer: EmbeddedIssuer) -> Kinds:
    key = ECKey.generate_key("P-256")
    known = issuer.mint(CLIENT, CALLER.purpose, 3600)
    purposes = frozenset({CALLER.purpose})
    bound = issuer.issue(grant_to(CLIENT, purposes, key.thumbprint()), 3600).text

    def bearer(token: str) -> Awaitable[object]:
        return admit(_request(f"Bearer {token}"))

    def proven() -> list[Awaitable[object]]:
        return [admit(_request(f"DPoP {bound}", _proof(key, bound))) for _ in range(REQUESTS)]

    return {
        "bearer, known": lambda: [bearer(known) for _ in range(REQUESTS)],
        "bearer, new": lambda: [
            bearer(issuer.mint(CLIENT, CALLER.purpose)) for _ in range(REQUESTS)
        ],
        "DPoP, alone": proven,
        "DPoP, together": proven,
    }


def _counts(pool: Pool) -> Kinds:
    quotas = RequestQuotas(Limits(*[10**9] * 4))

    async def in_process() -> None:
        quotas.take(CALLER)

    async def in_database() -> None:
        async with pool.connection() as connection:
            names = [CALLER.member, CALLER.issuer, CALLER.client]
            await (await connection.execute(COUNTED, names)).fetchone()

    def counted() -> list[Awaitable[object]]:
        return [in_database() for _ in range(REQUESTS)]

    return {
        "quota in process": lambda: [in_process() for _ in range(REQUESTS)],
        "quota in PostgreSQL, alone": counted,
        "quota in PostgreSQL, together": counted,
    }


def _request(authorization: str, *proofs: str) -> HTTPConnection:
    headers = [(b"host", b"bench"), (b"authorization", authorization.encode())]
    headers += [(b"dpop", proof.encode()) for proof in proofs]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
    return HTTPConnection(scope)


def _proof(key: ECKey, token: str) -> str:
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    digest = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest())
    claims = {
        "jti": secrets.token_urlsafe(16),
        "htm": "POST",
        "htu": f"{ADDRESS}/graphql",
        "iat": int(time.time()),
        "ath": digest.rstrip(b"=").decode(),
    }
    return sign(header, claims, key)


def show(results: Results) -> None:
    """Print the figures beside their bars."""
    table = Table("", "CPU us", "bar", "us", title="who asks, by request")
    for kind, figures in results.items():
        bar = str(BARS.get(kind, ""))
        table.add_row(kind, f"{figures['cpu_us']:.1f}", bar, f"{figures['us']:.1f}")
    Console().print(table)


if __name__ == "__main__":
    run()
