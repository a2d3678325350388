"""The root field `disclosures`: auditors read all of the log, owners their own part of it."""

import pytest

NOTICES = "{ supplyNotices(first: 500) { nodes { key origin reasonText } } }"
LOG = """query Log($first: Int!, $after: String, $recipient: String) {
  disclosures(first: $first, after: $after, recipient: $recipient) {
    nodes { id at member organisation client purpose subject actors requestId documentDigest
      policyDigest openedBy shown { recordType group origin rows }
      dates { recordType oldest newest } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture
async def served(hubs):
    return hubs["by_row"]


@pytest.fixture
async def shown_to_us(served):
    """The answer to a question of the US about all notices."""
    return await served.ask(NOTICES, client="us-fda")


async def log(served, client, **variables):
    data = await served.data(LOG, client=client, variables={"first": 50} | variables)
    return data["disclosures"]


async def entry_of(served, client, answer):
    nodes = (await log(served, client))["nodes"]
    entry_id = answer["extensions"]["disclosure"]["id"]
    return next((each for each in nodes if each["id"] == entry_id), None)


def rows_by_origin(answer):
    origins = [node["origin"] for node in answer["data"]["supplyNotices"]["nodes"]]
    return {origin: origins.count(origin) for origin in origins}


async def test_an_auditor_reads_what_an_answer_showed_to_whom(served, shown_to_us):
    entry = await entry_of(served, "auditor", shown_to_us)
    told = {each["origin"]: each["rows"] for each in entry["shown"] if each["group"] == "public"}
    assert told == rows_by_origin(shown_to_us)
    assert (entry["member"], entry["client"], entry["subject"]) == ("US", "us-fda", "us-fda")
    assert entry["openedBy"] == shown_to_us["extensions"]["policy"]["openedBy"]
    assert entry["documentDigest"]
    assert entry["requestId"]
    [dates] = entry["dates"]
    assert dates["recordType"] == "SupplyNotice"
    assert dates["oldest"] <= dates["newest"]


async def test_an_owner_reads_its_own_part_alone(served, shown_to_us):
    entry = await entry_of(served, "kr-mfds", shown_to_us)
    assert {each["origin"] for each in entry["shown"]} == {"KR"}
    told = {each["group"]: each["rows"] for each in entry["shown"]}
    assert told["public"] == rows_by_origin(shown_to_us)["KR"]
    assert (entry["member"], entry["client"], entry["purpose"]) == (
        "US",
        "us-fda",
        "shortage-response",
    )
    assert not [each for each in entry["openedBy"] if each.startswith(("us-", "eu-"))]
    unknown = ("subject", "actors", "requestId", "documentDigest")
    assert [entry[name] for name in unknown] == [None] * 4
    assert entry["dates"] == []


async def test_an_owner_reads_no_entry_that_shows_none_of_its_rows(served):
    answer = await served.ask("{ me { client } }", client="us-fda")
    assert await entry_of(served, "auditor", answer)
    assert await entry_of(served, "kr-mfds", answer) is None


async def test_an_owner_reads_who_of_its_own_house_asked(served):
    answer = await served.ask(NOTICES, client="kr-mfds")
    assert (await entry_of(served, "kr-mfds", answer))["subject"] == "kr-mfds"


async def test_the_secretariat_reads_nothing_of_the_log(served):
    error = await served.error(LOG, client="secretariat", variables={"first": 1})
    assert error["message"] == (
        "the disclosure log is told to auditors and to the agencies of owners: "
        "ask with a client of the role `auditor` or `agency`"
    )


async def test_pages_join_without_a_gap_the_newest_first(served):
    ids = [
        (await served.ask(NOTICES, client="jp-mhlw"))["extensions"]["disclosure"]["id"]
        for _ in range(4)
    ]
    asking = {"first": 2, "recipient": "JP"}
    page = await log(served, "auditor", **asking)
    rest = await log(served, "auditor", **asking, after=page["pageInfo"]["endCursor"])
    found = [each["id"] for each in (*page["nodes"], *rest["nodes"])]
    assert found == sorted(ids, reverse=True)
    assert page["pageInfo"]["hasNextPage"]
    assert rest["pageInfo"]["hasPreviousPage"]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"recipient": "FR"}, "INVALID_INPUT"),
        ({"after": "7"}, "BAD_CURSOR"),
        ({"first": 501}, "PAGE_SIZE"),
    ],
)
async def test_what_can_not_be_is_refused(served, variables, code):
    error = await served.error(LOG, client="auditor", variables={"first": 1} | variables)
    assert error["extensions"]["code"] == code


async def test_a_page_of_changes_is_told_by_its_keys(served):
    answer = await served.ask("{ changes(first: 500) { nodes { origin } } }", client="us-fda")
    entry = await entry_of(served, "auditor", answer)
    assert sum(each["rows"] for each in entry["shown"]) == len(answer["data"]["changes"]["nodes"])
    assert {each["group"] for each in entry["shown"]} == {"public"}
    assert entry["dates"] == []
