"""A member's ingredient lists for the tests of curation, and a hub that publishes them."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping as Table
from federation.harmonize.mapping import SubstanceText, always, key_of
from federation.members.alliance.substance_register import FEED as REGISTER
from federation.reading.native import NativeTable, number
from federation.records.declaration import Origin
from federation.records.product import Ingredient, Product
from federation.substances.candidates import Explainer
from federation.substances.register import load_register
from federation.substances.resolver import Resolver
from federation.vocabularies.dose_forms import DoseForm, Route
from federation.vocabularies.terms import AuthorisationStatus, IngredientRole, Species
from hub.curation import decisions
from hub.curation.models import Verdict
from hub.curation.queue import QueuePage, read_queue
from hub.curation.types import Decision, Ruling
from hub.identity.types import Caller, Purpose, Role
from hub.outbound import open_outbound
from hub.store.database import Pool, writing_pool
from hub.store.landing import open_landing
from hub.sync.current_register import CurrentRegister
from hub.sync.pull import PullResult, PullTools, pull
from hub.sync.types import Outcome

EXPLAINER = Explainer(Resolver(load_register()))

LEFT_OPEN = "수수께끼 가루"  # names nothing, in Korean
KNOWN = "아목시실린"  # amoxicillin
_SCHEMA = {"id": pl.String, "text": pl.String, "unii": pl.List(pl.String), "atc": pl.String}
Row = Mapping[str, Any]


def row(id: str, text: str, unii: Iterable[str] = (), atc: str | None = None) -> Row:  # noqa: A002 - the column's name
    """Make a native row: a product and its one ingredient."""
    return {"id": id, "text": text, "unii": list(unii), "atc": atc}


def feed_of(member: Origin, rows: Iterable[Row], name: str = "list") -> Feed:
    """Make a member's list of products, each with one ingredient."""
    product = Table(
        Product,
        scheme="product number",
        national_id=pl.col("id"),
        values={
            "name": pl.col("id"),
            "species": always(Species.HUMAN),
            "authorisation_status": always(AuthorisationStatus.AUTHORISED),
            "dose_form": always(DoseForm.TABLET),
            "routes": pl.lit([str(Route.ORAL)], dtype=pl.List(pl.String)),
            "route_texts": pl.lit([], dtype=pl.List(pl.String)),
            "atc_codes": pl.concat_list("atc").list.drop_nulls(),
        },
    )
    ingredient = Table(
        Ingredient,
        scheme="product number",
        national_id=pl.col("id"),
        values={
            "product_key": key_of(member, "Product", pl.col("id")),
            "position": pl.lit(1),
            "role": always(IngredientRole.ACTIVE),
            "native_text": pl.col("text"),
            "strength_value": pl.lit("10"),
            "strength_unit": pl.lit("mg"),
        },
        substance=SubstanceText(pl.col("text"), unii=pl.col("unii")),
    )
    native = NativeTable(number(pl.DataFrame(list(rows), schema=_SCHEMA)))
    feed_id = f"{member.lower()}.{name}"
    return Feed(feed_id, member, name, REGISTER.source, lambda _: native, product, (ingredient,))


def caller(member: str = "KR", *roles: Role, client: str = "") -> Caller:
    """Make a caller of a member, an agency unless told otherwise."""
    return Caller(
        issuer="http://issuer.test",
        subject=f"somebody of {member}",
        client=client or f"{member.lower()}-agency",
        member=member,
        organisation=f"Agency of {member}",
        roles=frozenset(roles or {Role.AGENCY}),
        purpose=Purpose.SUPPLY_MAPPING,
        sender_constrained=False,
        token_id="token",
    )


CURATOR = caller()


@dataclass(frozen=True)
class Hub:
    """A hub over a database of its own, and the curators' way to it."""

    tools: PullTools

    @property
    def pool(self) -> Pool:
        return self.tools.pool

    async def publish(
        self, *rows: Row, member: Origin = Origin.KR, name: str = "list"
    ) -> PullResult:
        """Pull a member's list that holds these rows now."""
        result = await pull(feed_of(member, rows, name), self.tools, is_full=True)
        assert result.outcome is Outcome.PUBLISHED, result.reason
        return result

    async def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read rows."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(sql, values)
            return await cursor.fetchall()

    async def resolved(self, member: str = "KR") -> dict[str, tuple[str | None, str, str]]:
        """Say what each current ingredient is resolved to: substance, method and confidence."""
        found = await self.query(
            "SELECT national_id, substance_key, resolution_method, resolution_confidence::text "
            "FROM ingredient WHERE superseded_at IS NULL AND origin = %s ORDER BY 1",
            member,
        )
        return {key: tuple(values) for key, *values in found}

    async def queue(self, by: Caller = CURATOR, **asking: Any) -> QueuePage:
        """Read the queue."""
        async with self.pool.connection() as connection:
            return await read_queue(connection, by, **asking)

    async def decide(
        self,
        text: str,
        inn: str | None,
        *,
        by: Caller = CURATOR,
        reason: str = "it says so on the pack",
        supersedes: int | None = None,
        origin: str = "KR",
    ) -> Decision:
        """Decide, in a transaction of its own."""
        verdict = Verdict.SUBSTANCE if inn is not None else Verdict.NO_SUBSTANCE
        ruling = Ruling(origin, text, verdict, inn, reason, supersedes)
        async with self.pool.connection() as connection:
            return await decisions.decide(connection, by, ruling, EXPLAINER)

    async def undo(
        self, decision: Decision, *, by: Caller = CURATOR, reason: str = "it was a mistake"
    ) -> Decision:
        """Undo, in a transaction of its own."""
        async with self.pool.connection() as connection:
            return await decisions.undo(connection, by, decision.id, reason)

    async def history(self, by: Caller = CURATOR, **asking: Any) -> list[Decision]:
        """Read the decisions."""
        async with self.pool.connection() as connection:
            return await decisions.history(connection, by, **asking)


@asynccontextmanager
async def open_hub(url: str, state: Any) -> AsyncIterator[Hub]:
    """Open a hub over a migrated database."""
    async with writing_pool(url) as pool, open_outbound(allow_loopback=True) as outbound:
        landing = open_landing(None, state)
        yield Hub(PullTools(pool, outbound, landing, CurrentRegister(pool, landing), {}))
