"""The change feed where what is known of a medicine brings rows into a view or takes them out."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from hub.gateway.changes.feed import Asked, ChangeFeed
from hub.gateway.changes.places import Seal
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine, load_policies
from hub.store.conditions import derive_conditions
from tests.hub.gateway.notices import AGREEMENT, LISTED, Notices, reader
from tests.hub.gateway.serving import caller_of, new_database, write_policies
from tests.hub.gateway.world import insert
from tests.hub.store.medicines import CAFFEINE, PARACETAMOL, ingredient

CALLER = caller_of("us-fda", Purpose.SHORTAGE_RESPONSE)
ALL = Asked.of(None, None)
OF_PARACETAMOL = AGREEMENT.format(condition=f", where: {{substances: [{PARACETAMOL}]}}")
TABLETS = [f"KR.Product.{number}" for number in range(3)]
NOTICES = [f"KR.SupplyNotice.{number}" for number in range(3)]


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conditions")
    agreements = {
        "of_paracetamol": {"notices": OF_PARACETAMOL},
        "listed": {"notices": LISTED},
        "nothing": {},
    }
    return {
        name: PolicyEngine(load_policies(write_policies(folder / name, "", found)))
        for name, found in agreements.items()
    }


class Medicines(Notices):
    """Notices about tablets whose ingredients come and go."""

    async def contain(self, medicine, *substances):
        """Publish what a tablet contains now, and work the conditions out."""
        async with self.turn() as connection:
            await connection.execute(
                "UPDATE ingredient SET superseded_at = %s "
                "WHERE product_key = %s AND superseded_at IS NULL",
                [self.clock, medicine],
            )
            parts = [
                ingredient(medicine, each, "1")
                | {"recorded_at": self.clock, "first_recorded_at": self.clock}
                for each in substances
            ]
            await insert(connection, {"Ingredient": parts})
            await derive_conditions(connection, "KR", self.clock, {"Ingredient"}, is_whole=False)

    async def notify(self, place, **changes):
        """Publish a version of the notice of a tablet, and work its conditions out."""
        async with self.turn() as connection:
            changes = {"product_key": TABLETS[place], "substances": []} | changes
            await self.publish(connection, NOTICES[place], **changes)
            await derive_conditions(connection, "KR", self.clock, {"SupplyNotice"}, is_whole=False)


@pytest.fixture
async def medicines(database_url):
    async with new_database(database_url) as url:
        whole = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        yield Medicines(url, clock=whole)


class Reader:
    """A client that keeps what it is told, under policies that a test switches."""

    def __init__(self, connection, engines, policies):
        self.connection, self.engines, self.policies = connection, engines, policies
        self.feed = ChangeFeed(Seal("a secret"))
        self.since = None
        self.held = set()

    async def read(self, first=500):
        """Read one page and take it over; everything told must fit what is held."""
        decisions = self.engines[self.policies].decide(CALLER)
        page = await self.feed.page(
            self.connection, CALLER, decisions, ALL, since=self.since, first=first
        )
        for change in page.nodes:
            is_new = change.kind.value in {"ADDED", "ENTERED"}
            assert (change.key in self.held) is not is_new, (change.kind, change.key)
            if change.kind.value in {"LEFT", "REMOVED"}:
                self.held.remove(change.key)
            else:
                self.held.add(change.key)
        self.since = page.end_cursor
        return [(change.kind.value, change.key) for change in page.nodes], page.has_next_page


async def test_a_row_leaves_the_view_with_its_substance_and_comes_back_with_it(medicines, engines):
    await medicines.contain(TABLETS[0], PARACETAMOL)
    await medicines.notify(0)
    async with reader(medicines.url) as connection:
        client = Reader(connection, engines, "of_paracetamol")
        assert await client.read() == ([("ADDED", NOTICES[0])], False)
        await medicines.contain(TABLETS[0], CAFFEINE)
        assert await client.read() == ([("LEFT", NOTICES[0])], False)
        await medicines.contain(TABLETS[0], CAFFEINE, PARACETAMOL)
        assert await client.read() == ([("ENTERED", NOTICES[0])], False)


async def test_a_change_that_costs_nobody_the_row_is_told_to_nobody(medicines, engines):
    await medicines.contain(TABLETS[0], PARACETAMOL)
    await medicines.notify(0)
    async with reader(medicines.url) as connection:
        for policies in ("of_paracetamol", "listed", "nothing"):
            client = Reader(connection, engines, policies)
            await client.read()
            await medicines.contain(TABLETS[0], PARACETAMOL, CAFFEINE)
            assert await client.read() == ([], False)
            await medicines.contain(TABLETS[0], PARACETAMOL)


async def test_a_version_is_told_with_what_was_known_when_it_was_published(medicines, engines):
    async with reader(medicines.url) as connection:
        client = Reader(connection, engines, "of_paracetamol")
        await medicines.notify(0)
        await medicines.contain(TABLETS[0], PARACETAMOL)
        assert await client.read() == ([("ENTERED", NOTICES[0])], False)


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_follows_holds_what_it_may_see(medicines, engines, seed):
    draw = random.Random(seed)
    names = list(engines)
    async with reader(medicines.url) as connection:
        clients = [Reader(connection, engines, name) for name in names]
        for _ in range(25):
            place = draw.randrange(len(TABLETS))
            if draw.random() < 0.6:
                parts = [each for each in (PARACETAMOL, CAFFEINE) if draw.random() < 0.5]
                await medicines.contain(TABLETS[place], *parts)
            elif NOTICES[place] in medicines.current and draw.random() < 0.3:
                async with medicines.turn() as turn:
                    await medicines.remove(turn, NOTICES[place])
            else:
                await medicines.notify(place)
            client = draw.choice(clients)
            client.policies = draw.choice(names)
            await client.read(first=draw.choice([1, 500]))
        for client in clients:
            while (await client.read())[1]:
                pass
            decisions = client.engines[client.policies].decide(CALLER)
            sees = decisions.predicate("SupplyNotice", "public").sql("b")
            cursor = await connection.execute(
                f"SELECT b.key FROM supply_notice b WHERE b.superseded_at IS NULL AND ({sees})"
            )
            assert client.held == {key for (key,) in await cursor.fetchall()}
