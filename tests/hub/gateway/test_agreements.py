"""The life of agreements over HTTP with real tokens: each step, and who may take it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.hub.gateway.office import (
    APPROVE,
    CLIENTS,
    DRAFT,
    ON_AGREEMENT,
    ON_VERSION,
    open_office,
)


@pytest.fixture(scope="module")
async def office(database_url, tmp_path_factory):
    async with open_office(database_url, tmp_path_factory.mktemp("office")) as opened:
        yield opened


async def agreements(office, client):
    question = "{ agreements { id owner active { id } versions { id state } } }"
    return {each["id"]: each for each in (await office.data(client, question))["agreements"]}


async def until(office, client, key, outcome):
    """Wait for what a change of policies does to a caller's access."""
    asked = 'explainAccess(key: $key, field: "status") { wouldOpen { agreement } }'
    ask = f"query ($key: ID!) {{ {asked} }}"
    for _ in range(100):
        found = await office.data(client, ask, key=key)
        known = {rule["agreement"] for rule in found["explainAccess"]["wouldOpen"]}
        if outcome(known):
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"after ten seconds {known}")


async def test_an_agreement_lives_from_draft_to_end(office):
    draft = await office.draft(text=office.text(id="kr-whole"))
    assert (draft["id"], draft["state"], draft["owner"]) == ("kr-whole@1", "DRAFT", "KR")
    assert (draft["members"], draft["roles"]) == (["US"], ["regulator", "agency"])
    assert (draft["validFrom"], draft["validUntil"]) == ("2026-01-01", None)
    for step, client, state in (
        ("propose", "secretariat", "PROPOSED"),
        ("ratify", "kr-mfds", "RATIFIED"),
    ):
        assert (await office.take(step, client, draft["id"]))["state"] == state
        assert "kr-whole" not in await agreements(office, "us-fda")
    [approved] = await office.take("approve", "secretary", draft["id"])
    assert (approved["state"], approved["digest"]) == ("ACTIVE", draft["digest"])
    assert approved["remark"] == "in force at once: its valid_from, 2026-01-01, had begun"
    steps = [(each["step"], each["client"]) for each in approved["events"]]
    assert steps == [
        ("DRAFTED", "secretariat"),
        ("PROPOSED", "secretariat"),
        ("RATIFIED", "kr-mfds"),
        ("APPROVED", "secretary"),
    ]
    last = approved["events"][-1]
    assert (last["member"], last["roles"], last["reason"]) == (
        "ALLIANCE",
        ["secretariat"],
        "in order",
    )
    assert last["effectiveAt"] == last["at"]
    known = await agreements(office, "us-fda")
    assert known["kr-whole"]["active"] == {"id": "kr-whole@1"}
    await until(office, "us-fda", "KR.SupplyNotice.1", lambda known: "kr-whole" in known)
    assert (await office.take("suspend", "kr-lab", "kr-whole@1"))["state"] == "SUSPENDED"
    await until(office, "us-fda", "KR.SupplyNotice.1", lambda known: "kr-whole" not in known)
    assert (await office.take("resume", "kr-mfds", "kr-whole@1"))["state"] == "ACTIVE"
    assert (await office.take("end", "secretariat", "kr-whole@1"))["state"] == "ENDED"
    assert (await agreements(office, "us-fda"))["kr-whole"]["active"] is None


async def test_an_edit_is_a_new_version_and_the_old_one_stands_until_it_is_active(office):
    text = office.text(id="kr-edited")
    first = await office.reach("ACTIVE", text)
    second = await office.reach("RATIFIED", text.replace("groups: [public]", "groups: [native]"))
    assert second == "kr-edited@2"
    found = (await agreements(office, "kr-lab"))["kr-edited"]
    assert found["active"] == {"id": first}
    await office.take("approve", "secretary", second)
    found = (await agreements(office, "kr-lab"))["kr-edited"]
    assert found["active"] == {"id": second}
    assert found["versions"] == [
        {"id": first, "state": "SUPERSEDED"},
        {"id": second, "state": "ACTIVE"},
    ]


async def test_versions_that_belong_together_are_approved_in_one_decision(office):
    versions = [await office.reach("RATIFIED") for _ in range(2)]
    done = (await office.data("secretary", APPROVE, versions=versions))["done"]
    assert [(each["id"], each["state"]) for each in done] == [
        (version, "ACTIVE") for version in versions
    ]
    assert len({each["events"][-1]["at"] for each in done}) == 1


async def test_a_version_waits_for_its_first_day(office):
    version = await office.reach("RATIFIED", office.text(start="2999-01-01"))
    [approved] = await office.take("approve", "secretary", version)
    assert (approved["state"], approved["remark"]) == (
        "APPROVED",
        "takes effect on 2999-01-01 00:00 UTC",
    )


SECRETARIAT = {"secretariat", "secretariat-deputy", "secretary"}
STEPS = {
    "propose": ("DRAFT", SECRETARIAT | {"kr-mfds", "kr-office"}),
    "withdraw": ("PROPOSED", SECRETARIAT | {"kr-mfds", "kr-office"}),
    "ratify": ("PROPOSED", {"kr-mfds", "kr-office", "kr-lab"}),
    "reject": ("PROPOSED", SECRETARIAT | {"kr-mfds", "kr-office", "kr-lab"}),
    "approve": ("RATIFIED", SECRETARIAT - {"secretariat"}),
    "suspend": ("ACTIVE", SECRETARIAT | {"kr-mfds", "kr-office", "kr-lab"}),
    "resume": ("SUSPENDED", {"kr-mfds", "kr-office", "kr-lab"}),
    "end": ("ACTIVE", SECRETARIAT | {"kr-mfds", "kr-office", "kr-lab"}),
}
"""From which state each step is taken, and who may."""


@pytest.mark.parametrize("step", STEPS)
async def test_each_step_is_refused_to_whoever_may_not_take_it(office, step):
    state, allowed = STEPS[step]
    version = await office.reach(state)
    for client in sorted(CLIENTS.keys() - allowed):
        error = await office.refused(step, client, version)
        member = CLIENTS[client].member
        is_reader = member in {"ALLIANCE", "KR"} or (
            member == "US" and state in {"ACTIVE", "SUSPENDED"}
        )
        code = error["extensions"]["code"]
        if not is_reader:
            assert code == "NOT_FOUND"
        elif (step, client) == ("approve", "secretariat"):
            assert code == "FOUR_EYES"
            assert "have another person of the secretariat decide" in error["message"]
        else:
            assert code == "NOT_YOURS"
            assert "ask with a client" in error["message"] or "only" in error["message"]
    found = (await agreements(office, "auditor"))[version.split("@")[0]]
    assert found["versions"] == [{"id": version, "state": state}]
    taken = await office.take(step, min(allowed), version)
    assert taken


async def test_nobody_ratifies_what_they_drafted(office):
    version = (await office.draft("kr-mfds"))["id"]
    await office.take("propose", "kr-office", version)
    error = await office.refused("ratify", "kr-mfds", version)
    assert error["extensions"]["code"] == "FOUR_EYES"
    assert "`kr-mfds`" in error["message"]
    assert (await office.take("ratify", "kr-lab", version))["state"] == "RATIFIED"


@pytest.mark.parametrize("client", ["auditor", "us-fda", "kr-lab"])
async def test_only_the_secretariat_and_the_owners_agency_draft(office, client):
    error = await office.error(client, DRAFT, text=office.text())
    assert error["extensions"]["code"] == "NOT_YOURS"
    assert "by the owner's agency or the secretariat" in error["message"]


async def test_a_draft_is_known_to_its_owner_and_the_alliances_bodies_alone(office):
    name = (await office.draft("secretariat"))["id"].split("@")[0]
    readers = {client for client in CLIENTS if name in await agreements(office, client)}
    assert readers == SECRETARIAT | {"auditor", "kr-mfds", "kr-office", "kr-lab"}
    ask = "query ($id: ID!) { agreement(id: $id) { id owner versions { text } } }"
    found = (await office.data("kr-lab", ask, id=name))["agreement"]
    assert f"id: {name}" in found["versions"][0]["text"]
    hidden = await office.error("us-fda", ask, id=name)
    missing = await office.error("us-fda", ask, id="kr-missing")
    assert hidden["extensions"] == missing["extensions"] == {"code": "NOT_FOUND"}
    assert hidden["message"].replace(name, "x") == missing["message"].replace("kr-missing", "x")


async def test_what_is_wrong_with_a_text_is_listed_with_place_fault_and_mend(office):
    text = office.text(id="kr-wrong").replace("SupplyNotice", "Notice").replace("US", "USA")
    error = await office.error("secretariat", DRAFT, text=text)
    assert error["extensions"]["code"] == "POLICY_FAULT"
    findings = error["extensions"]["findings"]
    assert findings
    for finding in findings:
        assert finding.keys() == {"place", "fault", "mend"}
        assert all(finding.values())
    assert "kr-wrong" not in await agreements(office, "secretariat")


async def test_what_no_set_can_hold_is_refused_at_the_approval_with_its_findings(office):
    text = office.text() + (
        "examples: {refused: [{member: US, purpose: exercise, record: SupplyNotice, "
        "group: public}]}\n"
    )
    version = await office.reach("RATIFIED", text)
    error = await office.refused("approve", "secretary", version)
    assert error["extensions"]["code"] == "POLICY_FAULT"
    [finding] = error["extensions"]["findings"]
    assert finding["fault"] == "is allowed"
    found = (await agreements(office, "kr-lab"))[version.split("@")[0]]
    assert found["versions"][0]["state"] == "RATIFIED"


@pytest.mark.parametrize("version", ["kr-1", "kr-1@", "kr-1@x", "@1x", "kr-1@1234567890"])
async def test_a_version_that_is_none_is_refused_with_its_form(office, version):
    error = await office.refused("propose", "secretariat", version)
    assert error["extensions"] == {"code": "INVALID_INPUT"}
    assert "write it as `kr-supply@2`" in error["message"]


@pytest.mark.parametrize("step", [*ON_VERSION, *ON_AGREEMENT, "approve"])
async def test_a_step_on_nothing_is_refused(office, step):
    error = await office.refused(step, "secretariat", "kr-nothing@1")
    assert error["extensions"] == {"code": "NOT_FOUND"}


async def test_a_step_without_a_reason_or_out_of_turn_is_refused(office):
    error = await office.error("secretariat", DRAFT, text=office.text(), reason=" ")
    assert error["extensions"] == {"code": "INVALID_INPUT"}
    version = await office.reach("DRAFT")
    error = await office.refused("ratify", "kr-mfds", version)
    assert error["extensions"] == {"code": "WRONG_STATE"}
    assert "it can be proposed by the owner's agency or the secretariat" in error["message"]


async def test_history_answers_which_set_was_active_at_an_instant(office):
    version = await office.reach("ACTIVE")
    ask = """
    query ($at: DateTime) { policySets(at: $at) {
      id digest madeAt inForceFrom inForceUntil versions } }
    """
    newest, *older = (await office.data("auditor", ask))["policySets"]
    [now] = (await office.data("auditor", ask, at=datetime.now(UTC).isoformat()))["policySets"]
    assert version in now["versions"]
    since = datetime.fromisoformat(now["inForceFrom"])
    [then] = (
        await office.data("auditor", ask, at=(since - timedelta(milliseconds=1)).isoformat())
    )["policySets"]
    assert version not in then["versions"]
    assert then["inForceUntil"] == now["inForceFrom"]
    assert now in [newest, *older]
    [others] = (await office.data("in-cdsco", ask, at=since.isoformat()))["policySets"]
    assert (others["digest"], others["versions"]) == (now["digest"], [])
    assert (await office.data("auditor", ask, at="2000-01-01"))["policySets"] == []


async def test_of_two_approvals_at_once_one_is_told_that_it_came_second(office):
    version = await office.reach("RATIFIED")
    answers = await asyncio.gather(
        *(office.ask("secretary", APPROVE, versions=[version]) for _ in range(2))
    )
    errors = [error for answer in answers for error in answer.get("errors", ())]
    assert [
        error["extensions"]["code"] in {"WRONG_STATE", "POLICIES_MOVED"} for error in errors
    ] == [True]
    found = (await agreements(office, "auditor"))[version.split("@")[0]]
    assert found["versions"] == [{"id": version, "state": "ACTIVE"}]
