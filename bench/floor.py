"""The floor: a bare Starlette route that runs the hub's own statement and returns its bytes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.store.database import reading_pool


def build(database_url: str, statements: dict[str, tuple[str, tuple]]) -> Starlette:
    """Serve each statement at its own path."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with reading_pool(database_url) as pool:
            app.state.pool = pool
            yield

    async def answer(http: Request) -> Response:
        await http.body()
        sql, parameters = statements[http.path_params["name"]]
        async with http.app.state.pool.connection() as connection:
            cursor = await connection.execute(sql, parameters)
            row = await cursor.fetchone()
        body = b'{"data":{"supplyNotices":' + row[0].encode() + b"}}"
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/{name}", answer, methods=["POST"])], lifespan=lifespan)
