"""The balance sheet over the world's rows: who shares what, what holds, and how many rows it is."""

from datetime import UTC, datetime

import pytest

from federation.records.declaration import Group
from hub.identity.types import Purpose
from hub.settings import ROOT
from tests.hub.gateway.oracle import Sight
from tests.hub.gateway.serving import (
    CLIENTS,
    WORLD,
    caller_of,
    open_hub,
    without_entry,
    write_policies,
)
from tests.hub.gateway.test_non_interference import CALLERS, other_hubs

OTHER_HUBS = other_hubs
"""The fixture, taken over."""

ASK = """
query ($member: ID) {
  reciprocity(member: $member) {
    members
    lines { recordType group given { ...side } returned { ...side } }
  }
}
fragment side on ReciprocitySide {
  owner recipient rows shares { agreement level isReciprocal holds reason }
}
"""
HEAD = """
id: {id}
owner: {owner}
title: A title
legal_basis: Some act
recipients: {recipients}
purposes: any
valid_from: 2026-01-01
share:
"""


def _agreement(name, owner, recipients, *shares):
    head = HEAD.format(id=name, owner=owner, recipients=recipients)
    return head + "".join(f"  - {{{share}}}\n" for share in shares)


STOCKS = "records: [StockReport], groups"
AGREEMENTS = {
    "kr-stocks": _agreement(
        "kr-stocks",
        "KR",
        "{members: [US, JP]}",
        f"{STOCKS}: [public, commercial], reciprocal: true",
    ),
    "us-stocks": _agreement(
        "us-stocks",
        "US",
        "{members: [KR]}",
        f"{STOCKS}: [public], where: {{feed: [one.feed]}}",
        f"{STOCKS}: [commercial], rounded_to: 100",
    ),
    "us-secret": _agreement("us-secret", "US", "{members: [IN]}", f"{STOCKS}: [restricted]"),
    "us-office": _agreement(
        "us-office", "US", "{members: [KR], organisations: [Office]}", f"{STOCKS}: [native]"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
async def mutual(world_url, state, tmp_path_factory):
    baseline = (ROOT / "policies" / "baseline.cedar").read_text()
    folder = write_policies(tmp_path_factory.mktemp("mutual") / "policies", baseline, AGREEMENTS)
    async with open_hub(world_url, folder, state) as opened:
        yield opened


async def sheet(hub, client, **variables):
    found = (await hub.data(ASK, client=client, variables=variables))["reciprocity"]
    return {
        tuple(pair["members"]): {
            (line["recordType"], line["group"]): line for line in pair["lines"]
        }
        for pair in found
    }


def rows_of(origin):
    return [row for row in WORLD.current("StockReport") if row["origin"] == origin]


async def test_both_sides_of_a_pair_stand_beside_each_other_with_what_holds_and_why(mutual):
    lines = (await sheet(mutual, "kr-mfds"))["KR", "US"]
    assert lines.keys() == {("StockReport", "public"), ("StockReport", "commercial")}
    public = lines["StockReport", "public"]
    assert public["given"] == {
        "owner": "KR",
        "recipient": "US",
        "rows": len(rows_of("KR")),
        "shares": [
            {
                "agreement": "kr-stocks",
                "level": "as it is",
                "isReciprocal": True,
                "holds": True,
                "reason": "US gives as much back",
            }
        ],
    }
    assert public["returned"] == {
        "owner": "US",
        "recipient": "KR",
        "rows": sum(row["feed"] == "one.feed" for row in rows_of("US")),
        "shares": [
            {
                "agreement": "us-stocks",
                "level": "as it is",
                "isReciprocal": False,
                "holds": True,
                "reason": "it is given whether it is returned or not",
            }
        ],
    }


async def test_a_share_that_is_not_returned_as_fully_is_off_and_opens_no_row(mutual):
    pairs = await sheet(mutual, "kr-mfds")
    given = pairs["KR", "US"]["StockReport", "commercial"]["given"]
    [share] = given["shares"]
    assert (share["holds"], share["reason"], given["rows"]) == (
        False,
        "US gives it back rounded only",
        0,
    )
    given = pairs["KR", "JP"]["StockReport", "public"]["given"]
    [share] = given["shares"]
    assert (share["holds"], share["reason"], given["rows"]) == (
        False,
        "JP gives nothing of it back",
        0,
    )


async def test_rounded_rows_count_where_the_record_is_seen(mutual):
    pairs = await sheet(mutual, "kr-mfds")
    returned = pairs["KR", "US"]["StockReport", "commercial"]["returned"]
    assert returned["shares"][0]["level"] == "rounded"
    assert returned["rows"] == sum(row["feed"] == "one.feed" for row in rows_of("US"))


@pytest.mark.parametrize("client", ["secretariat", "auditor"])
async def test_the_alliances_bodies_see_every_pair_and_member_the_same_counts(mutual, client):
    pairs = await sheet(mutual, client)
    assert len(pairs) == 10
    assert ("StockReport", "restricted") in pairs["US", "IN"]
    own = await sheet(mutual, "kr-mfds")
    assert pairs["KR", "US"]["StockReport", "public"] == own["KR", "US"]["StockReport", "public"]
    assert ("StockReport", "native") in pairs["KR", "US"]
    one = await sheet(mutual, client, member="EU")
    assert all("EU" in pair for pair in one)
    assert len(one) == 4


async def test_a_member_sees_its_own_pairs_and_no_terms_between_others(mutual):
    pairs = await sheet(mutual, "jp-mhlw")
    assert {pair[0] for pair in pairs} == {"JP"}
    assert pairs["JP", "US"] == {}
    refused = await mutual.error(ASK, client="jp-mhlw", variables={"member": "US"})
    assert refused["extensions"] == {"code": "FORBIDDEN"}
    assert "ask for `JP`" in refused["message"]
    refused = await mutual.error(ASK, client="auditor", variables={"member": "XX"})
    assert refused["message"].startswith("no member `XX`: use KR")


async def test_all_counts_are_those_that_cedar_gives(hubs):
    found = await sheet(hubs["by_row"], "secretariat")
    sights = {
        each.member: Sight(
            WORLD,
            hubs["by_row"].policies,
            caller_of(name, Purpose.SHORTAGE_RESPONSE),
            datetime.now(UTC),
        )
        for name, each in CLIENTS.items()
    }
    counted = 0
    for pair, lines in found.items():
        for (name, group), line in lines.items():
            for side in (line["given"], line["returned"]):
                sight = sights[side["recipient"]]
                expected = sum(
                    row["origin"] == side["owner"]
                    and sight.of(row)
                    and bool(sight.of(row, Group(group)) or sight.step(row, Group(group)))
                    for row in WORLD.current(name)
                )
                assert side["rows"] == expected, (pair, name, group)
                counted += expected
    assert counted


@pytest.mark.parametrize("who", CALLERS)
async def test_no_byte_of_a_members_sheet_hangs_on_what_is_hidden(hubs, other_hubs, who):
    policies, client = who
    one, other = [
        without_entry((await hub.post(ASK, client=client, purpose=CALLERS[who])).content)
        for hub in (hubs[policies], other_hubs[who])
    ]
    assert one == other
    assert b'"rows"' in one
