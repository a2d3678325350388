"""A database with feeds and webhooks, and a receiver on loopback that answers as a test says."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from hub.identity.types import Caller, Purpose, Role
from hub.outbound import open_outbound
from hub.store.database import Pool, writing_pool
from hub.webhooks import registry
from hub.webhooks.worker import WebhookTools, sender_of, tick
from tests.hub.store.databases import migrated_database

FEED = "kr.mfds_shortages"
CADENCE = timedelta(hours=30)
PULLED_AT = datetime(2026, 6, 1, 5, tzinfo=UTC)
STALE_AT = PULLED_AT + CADENCE
SECRET = "a secret of one hub's own"
ADDRESS = "https://hub.test"

HANG, CLOSE = "hang", "close"


def caller(member: str = "KR", role: Role = Role.AGENCY) -> Caller:
    return Caller(
        issuer="issuer",
        subject=f"{member} office",
        client=f"{member}-client",
        member=member,
        organisation="office",
        roles=frozenset({role}),
        purpose=Purpose.EXERCISE,
        sender_constrained=False,
        token_id="",
    )


SECRETARIAT = caller("ALLIANCE", Role.SECRETARIAT)


@dataclass
class Post:
    """What came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        return orjson.loads(self.body)


@dataclass
class Receiver:
    """`answers` are given in turn, then the last again: statuses, `HANG`, `CLOSE` or an address."""

    url: str = ""
    answers: list[int | str] = field(default_factory=lambda: [200])
    posts: list[Post] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value
                for name, _, value in (line.partition(": ") for line in head[1:])
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.posts.append(Post(headers, body))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer == HANG:
                await asyncio.sleep(60)
            if answer != CLOSE:
                status = answer if isinstance(answer, int) else 307
                location = "" if isinstance(answer, int) else f"location: {answer}\r\n"
                writer.write(
                    f"HTTP/1.1 {status} x\r\n{location}content-length: 0\r\n"
                    "connection: close\r\n\r\n".encode()
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(*answers: int | str) -> AsyncIterator[Receiver]:
    receiver = Receiver(answers=list(answers or (200,)))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()


def is_signed(post: Post, shown: str) -> bool:
    """Verify a signature by HMAC as RFC 2104 has it, written out."""
    key = base64.b64decode(shown.removeprefix("whsec_")).ljust(64, b"\0")
    parts = post.headers["webhook-id"], post.headers["webhook-timestamp"]
    content = ".".join(parts).encode() + b"." + post.body
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + content).digest()
    code = hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()
    return post.headers["webhook-signature"] == "v1," + base64.b64encode(code).decode()


@dataclass
class Scene:
    """A hub's database and its tools."""

    pool: Pool
    tools: WebhookTools

    async def add(
        self, url: str, by: Caller | None = None, *events: str
    ) -> tuple[registry.Webhook, str]:
        async with self.pool.connection() as connection:
            return await registry.add(
                connection,
                by or caller(),
                self.tools.sender.sealer,
                url=url,
                events=events,
                allow_loopback=True,
            )

    async def pulled(
        self, outcome: str = "PUBLISHED", at: datetime = PULLED_AT, feed: str = FEED
    ) -> int:
        """Log a pull that ended so."""
        [(pull,)] = await self.query(
            "INSERT INTO pull (feed, started_at, finished_at, outcome, reason_code, documents) "
            "VALUES (%s, %s, %s, %s, 'BAD', '{}') RETURNING id",
            feed,
            at,
            at,
            outcome,
        )
        good = pull if outcome == "PUBLISHED" else None
        await self.query(
            "INSERT INTO feed_state (feed, good_pull_id, last_pull_id) VALUES (%s, %s, %s) "
            "ON CONFLICT (feed) DO UPDATE SET last_pull_id = EXCLUDED.last_pull_id, "
            "good_pull_id = coalesce(EXCLUDED.good_pull_id, feed_state.good_pull_id) RETURNING 1",
            feed,
            good,
            pull,
        )
        return pull

    async def hold(self, pull: int, at: datetime, feed: str = FEED) -> None:
        await self.query(
            "UPDATE held_pull SET state = 'SUPERSEDED' WHERE feed = %s RETURNING 1", feed
        )
        await self.query(
            "INSERT INTO held_pull (pull_id, feed, since, state) VALUES (%s, %s, %s, 'OPEN') "
            "RETURNING 1",
            pull,
            feed,
            at,
        )

    async def tick(self, now: datetime = STALE_AT) -> None:
        await tick(self.tools, now)

    async def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(sql, values)
            return await cursor.fetchall()

    async def events(self) -> list[tuple[Any, ...]]:
        return await self.query("SELECT type, feed, since FROM feed_event ORDER BY made_at, type")

    async def log(self, webhook: registry.Webhook) -> list[registry.Tried]:
        async with self.pool.connection() as connection:
            return list(await registry.deliveries(connection, webhook.id, 50))

    async def standing(self, webhook: registry.Webhook) -> registry.Webhook:
        async with self.pool.connection() as connection:
            return await registry.webhook(connection, SECRETARIAT, webhook.id)


@asynccontextmanager
async def open_scene(server_url: str, secret: str = SECRET) -> AsyncIterator[Scene]:
    async with (
        migrated_database(server_url) as url,
        writing_pool(url) as pool,
        open_outbound(allow_loopback=True) as outbound,
    ):
        yield Scene(pool, WebhookTools(pool, sender_of(outbound, secret, ADDRESS)))
