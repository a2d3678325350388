"""Rows that a test of statistics makes up, and hubs with several policies over them."""

from datetime import UTC, datetime, timedelta

import psycopg

from hub.gateway.planning.naming import camel
from tests.hub.gateway.serving import WORLD
from tests.hub.gateway.world import insert

NOW = datetime.now(UTC).replace(microsecond=0)
COMMON = {"listing": "LISTED", "feed": "one.feed", "product_key": None}
TEMPLATES = {
    "SupplyNotice": {"kind": "SHORTAGE", "status": "ONGOING"},
    "StockReport": {"quantity_band": "1-9"},
}
SMALLEST = 3


def agreement(owner, *shares):
    lines = "\n".join(f"  - {share}" for share in shares)
    return (
        f"id: {owner.lower()}-test\nowner: {owner}\ntitle: A test's\nlegal_basis: a test\n"
        f"recipients: all\npurposes: any\nvalid_from: 2026-01-01\nshare:\n{lines}\n"
    )


def share(records, groups, more=f"aggregates_only: {{smallest_cell: {SMALLEST}}}"):
    return f"{{records: [{records}], groups: [{groups}], {more}}}"


COUNTED = share("SupplyNotice, StockReport", "public, operational, commercial")
POLICIES = {
    "counted": {"kr-test": agreement("KR", COUNTED)},
    "more": {"kr-test": agreement("KR", COUNTED), "eu-test": agreement("EU", COUNTED)},
    "sums": {
        "kr-test": agreement(
            "KR", "{records: [StockReport], groups: [public]}", share("StockReport", "commercial")
        )
    },
}


class Scene:
    """Rows that a test makes up, and hubs with several policies over them."""

    def __init__(self, url, hubs):
        self.url = url
        self.hubs = hubs
        self._number = 0

    async def add(self, record_type, times=1, holder=None, **values):
        """Add records; without a holder each has one of its own."""
        found = []
        for _ in range(times):
            self._number += 1
            at = values.get("recorded_at", NOW - timedelta(days=1))
            origin = values.get("origin", "KR")
            found.append(
                WORLD.current(record_type)[0]
                | COMMON
                | TEMPLATES[record_type]
                | {
                    "origin": origin,
                    "key": f"{origin}.{record_type}.{self._number}",
                    "holder_key": holder or f"{origin}.Organization.{self._number}",
                    "first_recorded_at": at,
                    "recorded_at": at,
                    "superseded_at": None,
                    "change_seq": self._number,
                }
                | values
            )
        await self._write(lambda connection: insert(connection, {record_type: found}))
        return [row["key"] for row in found]

    async def clear(self):
        await self.execute("TRUNCATE supply_notice, stock_report, answered_aggregate CASCADE")

    async def members(self, by, group):
        """The keys of the notices that stand in a group now."""
        tests = " AND ".join([f"{name.lower()} = %s" for name in by] or ["true"])
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            cursor = await connection.execute(
                f"SELECT key FROM supply_notice WHERE {tests}",
                [group[camel(name.lower())] for name in by],
            )
            return [key for (key,) in await cursor.fetchall()]

    async def execute(self, sql, *values):
        await self._write(lambda connection: connection.execute(sql, values))

    async def _write(self, work):
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            await work(connection)

    async def post(self, question, policies="counted", client="us-fda"):
        return await self.hubs[policies].post(question, client=client)

    async def ask(self, question, policies="counted", client="us-fda"):
        return await self.hubs[policies].ask(question, client=client)

    async def groups(self, by, given="", client="us-fda", policies="counted"):
        """Count notices by a dimension."""
        answer = await self.ask(notices(by, given), policies, client)
        assert "errors" not in answer, answer["errors"]
        found = answer["data"]["supplyNoticeStats"]
        names = [camel(name.lower()) for name in by]
        return {tuple(each[name] for name in names): each["count"] for each in found["groups"]}

    async def refusal(self, question, policies="counted", client="us-fda"):
        answer = await self.ask(question, policies, client)
        assert answer["data"] == {"supplyNoticeStats": None}
        [error] = answer["errors"]
        return error["extensions"]["code"]


def notices(by, given=""):
    names = " ".join(camel(name.lower()) for name in by)
    arguments = f"groupBy: [{', '.join(by)}]" + (f", {given}" if given else "")
    return (
        f"{{ supplyNoticeStats({arguments}) "
        f"{{ count isSuppressed note groups {{ {names} count holders }} }} }}"
    )
