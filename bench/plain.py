"""The peer: plain Strawberry, resolvers and objects, as its documentation shows them.

It answers the same rows for the same caller: the SQL carries the hub's own predicates. Nested
fields are loaded in one statement a level, so it has no N+1 to blame.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import strawberry
from fastapi import FastAPI
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import GraphQLRouter


@strawberry.type
class Substance:
    inn: str


@strawberry.type
class Ingredient:
    native_text: str
    substance: Substance | None


@strawberry.type
class Product:
    name: str
    ingredients_: strawberry.Private[list[Ingredient]]

    @strawberry.field
    def ingredients(self, first: int = 20) -> list[Ingredient]:
        return self.ingredients_[:first]


@strawberry.type
class Organization:
    name: str


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
    holder: Organization | None
    product: Product | None


@strawberry.type
class Connection:
    nodes: list[SupplyNotice]


def build(database_url: str, decisions, *, is_cached: bool) -> FastAPI:
    pool = AsyncConnectionPool(database_url, min_size=1, max_size=8, open=False)

    def opened(record_type: str, group: str) -> str:
        return decisions.predicate(record_type, group).sql("r").replace("%", "%%")

    notices_sql = (
        f"SELECT r.*, {opened('SupplyNotice', 'operational')} AS op FROM supply_notice r "
        f"WHERE superseded_at IS NULL AND {opened('SupplyNotice', 'public')} "
        "ORDER BY key LIMIT %s"
    )

    def by_key(table: str, record_type: str, column: str = "key") -> str:
        return (
            f"SELECT r.* FROM {table} r WHERE superseded_at IS NULL "
            f"AND {opened(record_type, 'public')} AND {column} = ANY(%s)"
        )

    async def rows(cursor, sql, value) -> list[dict]:
        await cursor.execute(sql, [value])
        return await cursor.fetchall()

    async def related(cursor, notices: list[dict]) -> tuple[dict, dict]:
        keys = [row["product_key"] for row in notices if row["product_key"]]
        found = await rows(cursor, by_key("ingredient", "Ingredient", "product_key"), keys)
        named = [row["substance_key"] for row in found if row["substance_key"]]
        substances = {
            row["key"]: Substance(inn=row["inn"])
            for row in await rows(cursor, by_key("substance", "Substance"), named)
        }
        products = {
            row["key"]: Product(name=row["name"], ingredients_=[])
            for row in await rows(cursor, by_key("product", "Product"), keys)
        }
        for row in sorted(found, key=lambda row: row["key"]):
            if row["product_key"] in products:
                substance = substances.get(row["substance_key"])
                ingredient = Ingredient(native_text=row["native_text"], substance=substance)
                products[row["product_key"]].ingredients_.append(ingredient)
        holders = [row["holder_key"] for row in notices if row["holder_key"]]
        organizations = {
            row["key"]: Organization(name=row["name"])
            for row in await rows(cursor, by_key("organization", "Organization"), holders)
        }
        return products, organizations

    async def load_notices(info: strawberry.Info, first: int = 50) -> Connection:
        nested = any(
            field.name in {"holder", "product"}
            for selected in info.selected_fields
            for nodes in selected.selections
            for field in nodes.selections
        )
        async with (
            pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            found = await rows(cursor, notices_sql, first)
            products, holders = await related(cursor, found) if nested else ({}, {})
        return Connection(
            nodes=[
                SupplyNotice(
                    key=row["key"],
                    origin=row["origin"],
                    kind=row["kind"],
                    status=row["status"],
                    title=row["title"],
                    native_status=row["native_status"],
                    legal_fact=row["legal_fact"],
                    reason_text=row["reason_text"] if row["op"] else None,
                    holder=holders.get(row["holder_key"]),
                    product=products.get(row["product_key"]),
                )
                for row in found
            ]
        )

    @strawberry.type
    class Query:
        supply_notices: Connection = strawberry.field(resolver=load_notices)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    caches = [lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)]
    schema = strawberry.Schema(Query, extensions=caches if is_cached else [])
    app = FastAPI(lifespan=lifespan)
    app.include_router(GraphQLRouter(schema), prefix="/graphql")
    return app
