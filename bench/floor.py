"""The floor: a bare ASGI application that runs the hub's own statements and returns their bytes.

Its cursors live as long as it does and are taken from a queue. A request brings what its statement
binds, so that nothing is left here but HTTP, the statement and the answer.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import orjson
from psycopg.adapt import Loader

from hub.store.database import HOT_SETTINGS, reading_pool

CURSORS = 8
STATEMENTS = "statements.json"
"""Name of the file in the state folder that holds them, by the question."""


class _Bytes(Loader):
    """Takes a text as PostgreSQL sent it."""

    def load(self, data: bytes) -> bytes:
        return bytes(data)


class Floor:
    """Answers `POST /<name>` with what the statement of that name gives."""

    def __init__(self, database_url: str, statements: Mapping[str, str]) -> None:
        self._url = database_url
        self._statements = {f"/{name}": sql for name, sql in statements.items()}
        self._cursors: asyncio.LifoQueue = asyncio.LifoQueue()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _live(self, receive, send) -> None:
        async with AsyncExitStack() as stack:
            await receive()
            opening = reading_pool(self._url, max_size=CURSORS, settings=HOT_SETTINGS)
            pool = await stack.enter_async_context(opening)
            for _ in range(CURSORS):
                connection = await stack.enter_async_context(pool.connection())
                cursor = connection.cursor()
                cursor.adapters.register_loader("text", _Bytes)
                self._cursors.put_nowait(cursor)
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope, receive, send) -> None:
        bound = orjson.loads((await receive())["body"])
        cursor = await self._cursors.get()
        try:
            await cursor.execute(self._statements[scope["path"]], bound)
            row = await cursor.fetchone()
        finally:
            self._cursors.put_nowait(cursor)
        body = b'{"data":{"supplyNotices":' + row[0] + b"}}"
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
