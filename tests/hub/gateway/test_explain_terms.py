"""What `explainAccess` tells of agreements' terms, in words, and to whom."""

from datetime import UTC, datetime

import psycopg
import pytest

from federation.records.declaration import Origin
from hub.identity.own_issuer.clients import register
from hub.settings import ROOT
from tests.hub.gateway.explaining import ASK, CURRENT, explained
from tests.hub.gateway.serving import CLIENTS, open_hub, write_policies


@pytest.fixture(scope="module", autouse=True)
async def clients(world_url):
    async with await psycopg.AsyncConnection.connect(world_url) as connection:
        for client in CLIENTS.values():
            await register(connection, client)


CLOSED, *OTHERS = [row for row in CURRENT["SupplyNotice"] if row["origin"] == Origin.KR]
NOTICE = next(row for row in OTHERS if row["status"] != CLOSED["status"])["key"]
STOCK = next(row for row in CURRENT["StockReport"] if row["origin"] == Origin.KR)

BASELINE = (
    (ROOT / "policies" / "baseline.cedar").read_text()
    + f"""
@id("baseline/closed")
forbid (principal, action in Action::"read", resource is SupplyNotice)
when {{ resource.status == "{CLOSED["status"]}" && resource.origin != principal.member }};
"""
)

HEAD = """
id: {id}
owner: {owner}
title: Title of {id}
legal_basis: Act of {owner}
recipients: {recipients}
purposes: {purposes}
valid_from: {start}
share:
"""


def _agreement(name, shares, *, owner="KR", recipients="all", purposes="any", start="2026-01-01"):
    head = HEAD.format(id=name, owner=owner, recipients=recipients, purposes=purposes, start=start)
    return head + "".join(f"  - {{{share}}}\n" for share in shares)


OPERATIONAL = "records: [SupplyNotice], groups: [operational]"
AGREEMENTS = {
    "kr-public": _agreement(
        "kr-public", ["records: [SupplyNotice, StockReport], groups: [public]"]
    ),
    "kr-purpose": _agreement(
        "kr-purpose", [OPERATIONAL], recipients="{members: [US]}", purposes="[exercise]"
    ),
    "kr-crisis": _agreement(
        "kr-crisis",
        ["records: [SupplyNotice], groups: [commercial], modes: [crisis, preparedness]"],
        recipients="{members: [US]}",
    ),
    "kr-auditors": _agreement(
        "kr-auditors",
        ["records: [SupplyNotice], groups: [native]"],
        recipients="{members: [US, IN], roles: [auditor]}",
    ),
    "kr-late": _agreement(
        "kr-late",
        ["records: [StockReport], groups: [operational], embargo_days: 400"],
        recipients="{members: [US]}",
    ),
    "kr-later": _agreement(
        "kr-later", [OPERATIONAL], recipients="{members: [IN]}", start="2999-01-01"
    ),
    "kr-counts": _agreement(
        "kr-counts",
        ["records: [StockReport], groups: [restricted], aggregates_only: {smallest_cell: 5}"],
        recipients="{members: [US]}",
    ),
    "kr-rounded": _agreement(
        "kr-rounded",
        ["records: [StockReport], groups: [commercial], rounded_to: 100"],
        recipients="{members: [IN]}",
    ),
    "kr-mutual": _agreement(
        "kr-mutual",
        ["records: [StockReport], groups: [commercial], reciprocal: true"],
        recipients="{members: [US]}",
    ),
    "kr-office": _agreement(
        "kr-office",
        ["records: [StockReport], groups: [native]"],
        recipients="{members: [US], organisations: [Office of Stocks]}",
    ),
    "us-hidden": _agreement(
        "us-hidden", ["records: [SupplyNotice], groups: [public]"],
        owner="US", recipients="{members: [JP]}",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
async def hub_of_terms(world_url, state, tmp_path_factory):
    folder = write_policies(tmp_path_factory.mktemp("terms") / "policies", BASELINE, AGREEMENTS)
    async with open_hub(world_url, folder, state) as hub:
        yield hub


WOULD_OPEN = {
    "kr-purpose/1": ("us-fda", NOTICE, "planText", "it is for the purpose exercise"),
    "kr-crisis/1": ("us-fda", NOTICE, "stockText", "it is for the modes crisis or preparedness"),
    "kr-auditors/1": ("us-fda", NOTICE, "native", "it is for the role auditor"),
    "kr-later/1": ("in-cdsco", NOTICE, "planText", "it starts on 2999-01-01"),
    "kr-mutual/1/StockReport.commercial": (
        "us-fda",
        STOCK["key"],
        "quantity",
        "it holds while US shares StockReport.commercial with KR as fully",
    ),
}


@pytest.mark.parametrize("policy", WOULD_OPEN)
async def test_what_would_open_a_field_is_said_in_words(hub_of_terms, policy):
    client, key, field, lacking = WOULD_OPEN[policy]
    found = await explained(hub_of_terms, key, field, client=client)
    assert (found["outcome"], found["openedBy"]) == ("MASKED", [])
    name = policy.split("/")[0]
    assert found["wouldOpen"] == [
        {
            "policy": policy,
            "agreement": name,
            "title": f"Title of {name}",
            "owner": "KR",
            "legalBasis": "Act of KR",
            "opens": f"{found['group']} fields",
            "condition": "origin is KR",
            "lacking": [lacking],
        }
    ]


async def test_an_offices_agreement_is_told_to_its_owner_and_not_to_other_offices(hub_of_terms):
    told = await explained(hub_of_terms, STOCK["key"], "native", client="us-fda")
    assert (told["outcome"], told["wouldOpen"]) == ("MASKED", [])
    asked = {"client": "us-fda"}
    owner = await explained(hub_of_terms, STOCK["key"], "native", client="kr-mfds", more=asked)
    [rule] = owner["wouldOpen"]
    assert rule["lacking"] == ["it is for the organisation Office of Stocks"]


async def test_an_embargo_is_said_in_days(hub_of_terms):
    found = await explained(hub_of_terms, STOCK["key"], "quantityBand", client="us-fda")
    age = (datetime.now(UTC) - STOCK["first_recorded_at"]).days
    [rule] = found["wouldOpen"]
    assert rule["lacking"] == [f"ageDays is at least 400, which takes {400 - age} more days"]


@pytest.mark.parametrize(
    ("field", "outcome", "rounded_to"),
    [
        ("quantity", "ROUNDED", 100),
        ("coverDays", "ROUNDED", 100),
        ("quantityUnit", "SHOWN", None),
        ("quantityText", "MASKED", None),
    ],
)
async def test_of_a_rounded_group_numbers_are_rounded_and_words_masked(
    hub_of_terms, field, outcome, rounded_to
):
    found = await explained(hub_of_terms, STOCK["key"], field, client="in-cdsco")
    assert (found["outcome"], found["roundedTo"]) == (outcome, rounded_to)
    [rule] = found["openedBy"]
    assert rule["policy"] == "kr-rounded/1"
    assert rule["opens"] == "numbers of commercial fields, rounded to 100"
    assert (
        found["summary"].removeprefix(f"for you, `{field}` is ")
        == {
            "ROUNDED": "rounded to 100",
            "SHOWN": "shown as it is",
            "MASKED": "masked: no more is open than numbers of commercial fields, rounded to 100",
        }[outcome]
    )


async def test_a_field_that_is_only_counted_is_masked_and_says_so(hub_of_terms):
    found = await explained(hub_of_terms, STOCK["key"], "placeText", client="us-fda")
    assert found["outcome"] == "MASKED"
    [rule] = found["openedBy"]
    assert (rule["policy"], rule["opens"]) == (
        "kr-counts/1",
        "restricted fields in aggregates of 5 holders or more",
    )


async def test_what_forbids_is_told_to_whom_the_record_is_shown(hub_of_terms):
    key = CLOSED["key"]
    unseen = await explained(hub_of_terms, key, "status", client="us-fda")
    assert (unseen["outcome"], unseen["closedBy"]) == ("NO_RECORD_SEEN", [])
    asked = {"client": "us-fda"}
    owner = await explained(hub_of_terms, key, "status", client="kr-mfds", more=asked)
    assert owner["outcome"] == "RECORD_HIDDEN"
    assert [rule["policy"] for rule in owner["openedBy"]] == ["kr-public/1"]
    assert [rule["policy"] for rule in owner["closedBy"]] == ["baseline/closed"]
    assert owner["summary"] == "for `us-fda`, the record is hidden: `baseline/closed` forbids it"


async def test_terms_between_others_are_not_told(hub_of_terms):
    for key in (NOTICE, "KR.SupplyNotice.no-such-record"):
        found = await explained(hub_of_terms, key, "planText", client="jp-mhlw")
        rules = {rule["policy"] for rule in found["wouldOpen"]}
        assert rules <= {"kr-public/1"}
    found = await explained(hub_of_terms, "US.SupplyNotice.1", "status", client="in-cdsco")
    assert (found["outcome"], found["wouldOpen"]) == ("NO_RECORD_SEEN", [])
    found = await explained(hub_of_terms, "US.SupplyNotice.1", "status", client="jp-mhlw")
    assert [rule["policy"] for rule in found["wouldOpen"]] == ["us-hidden/1"]


@pytest.mark.parametrize("client", ["secretariat", "auditor"])
async def test_the_alliances_bodies_explain_a_clients_access_without_the_record(
    hub_of_terms, client
):
    asked = {"client": "in-cdsco", "purpose": "exercise"}
    found, missing = [
        await explained(hub_of_terms, key, "planText", client=client, more=asked)
        for key in (NOTICE, "KR.SupplyNotice.no-such-record")
    ]
    assert found == missing
    assert (found["client"], found["purpose"], found["outcome"]) == (
        "in-cdsco",
        "exercise",
        "NO_RECORD_SEEN",
    )
    assert {rule["policy"]: rule["lacking"] for rule in found["wouldOpen"]} == {
        "kr-later/1": ["it starts on 2999-01-01"],
        "kr-public/1": [],
        "kr-purpose/1": ["it is for the member US"],
    }


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"key": "x"}, "INVALID_INPUT", "write it as `KR.Product.195500005`"),
        ({"key": "XX.Product.1"}, "INVALID_INPUT", "is no key"),
        ({"key": "KR.Nothing.1"}, "INVALID_INPUT", "is no key"),
        ({"key": "KR.Product."}, "INVALID_INPUT", "is no key"),
        ({"field": "nothing"}, "INVALID_INPUT", "SupplyNotice has no field `nothing`"),
        ({"purpose": "exercise"}, "INVALID_INPUT", "goes with `client`"),
        ({"client": "kr-mfds", "purpose": "fun"}, "INVALID_INPUT", "use shortage-response"),
        ({"client": "nobody"}, "INVALID_INPUT", "no active client `nobody`: ask the secretariat"),
        ({"client": "kr-mfds", "key": "US.SupplyNotice.1"}, "FORBIDDEN", "is told to US"),
        ({"key": "KR.SupplyNotice.\0"}, "BAD_VALUE", "correct it"),
    ],
)
async def test_what_can_not_be_explained_is_refused_with_advice(hub_of_terms, asked, code, words):
    variables = {"key": "KR.SupplyNotice.1", "field": "status"} | asked
    error = await hub_of_terms.error(ASK, variables=variables)
    assert error["extensions"] == {"code": code}
    assert words in error["message"]
