"""The peer: plain Strawberry as its documentation shows it, for production.

Resolvers give objects, data loaders make one statement of a level's look-ups, and the parser and
validation caches are on. It knows no callers and no policies.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import strawberry
from fastapi import FastAPI
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import GraphQLRouter

NOTICES = """
    SELECT key, origin, kind, status, title, native_status, legal_fact, reason_text, holder_key,
      product_key
    FROM peers.supply_notice WHERE origin = %s AND key > %s ORDER BY key LIMIT %s
"""
INGREDIENTS = """
    SELECT product_key, substance_key, native_text FROM peers.ingredient
    WHERE product_key = ANY(%s) ORDER BY key
"""


@strawberry.type
class Substance:
    inn: str


@strawberry.type
class Ingredient:
    native_text: str
    substance_key: strawberry.Private[str]

    @strawberry.field
    async def substance(self, info: strawberry.Info) -> Substance | None:
        return await info.context["substances"].load(self.substance_key)


@strawberry.type
class Organization:
    name: str


@strawberry.type
class Product:
    key: strawberry.Private[str]
    name: str

    @strawberry.field
    async def ingredients(self, info: strawberry.Info, first: int = 20) -> list[Ingredient]:
        found = await info.context["ingredients"].load(self.key)
        return found[:first]


@strawberry.type
class SupplyNotice:
    key: str
    origin: str
    kind: str
    status: str
    title: str
    native_status: str
    legal_fact: str
    reason_text: str | None
    holder_key: strawberry.Private[str | None]
    product_key: strawberry.Private[str | None]

    @strawberry.field
    async def holder(self, info: strawberry.Info) -> Organization | None:
        return await info.context["holders"].load(self.holder_key)

    @strawberry.field
    async def product(self, info: strawberry.Info) -> Product | None:
        return await info.context["products"].load(self.product_key)


@strawberry.type
class Connection:
    nodes: list[SupplyNotice]


@strawberry.type
class Query:
    @strawberry.field
    async def supply_notices(
        self, info: strawberry.Info, origin: str, first: int = 50, after: str = ""
    ) -> Connection:
        found = await rows(info.context["pool"], NOTICES, origin, after, first)
        return Connection(nodes=[SupplyNotice(**row) for row in found])


async def rows(pool: AsyncConnectionPool, sql: str, *values: object) -> list[dict[str, Any]]:
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(sql, values)
        return await cursor.fetchall()


def loaders(pool: AsyncConnectionPool) -> dict[str, DataLoader]:
    """Make the data loaders of one request."""

    def by_key(table: str, columns: str, make) -> DataLoader:
        sql = f"SELECT key, {columns} FROM peers.{table} WHERE key = ANY(%s)"

        async def load(keys: list[str]) -> list[object]:
            found = {row.pop("key"): row for row in await rows(pool, sql, keys)}
            return [make(key, found[key]) if key in found else None for key in keys]

        return DataLoader(load)

    async def ingredients(keys: list[str]) -> list[list[Ingredient]]:
        found: dict[str, list[Ingredient]] = {key: [] for key in keys}
        for row in await rows(pool, INGREDIENTS, keys):
            found[row.pop("product_key")].append(Ingredient(**row))
        return list(found.values())

    return {
        "holders": by_key("organization", "name", lambda _, row: Organization(**row)),
        "products": by_key("product", "name", lambda key, row: Product(key=key, **row)),
        "substances": by_key("substance", "inn", lambda _, row: Substance(**row)),
        "ingredients": DataLoader(ingredients),
    }


def build(database_url: str) -> FastAPI:
    pool = AsyncConnectionPool(database_url, min_size=8, max_size=8, open=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    async def context() -> dict[str, object]:
        return {"pool": pool} | loaders(pool)

    caches = [lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)]
    schema = strawberry.Schema(Query, extensions=caches)
    app = FastAPI(lifespan=lifespan)
    app.include_router(
        GraphQLRouter(schema, context_getter=context, graphql_ide=None), prefix="/graphql"
    )
    return app
