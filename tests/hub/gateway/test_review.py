"""The review queue in GraphQL: asked, decided and undone; serially, on record, by POST alone."""

import asyncio

import pytest

from hub.errors import Unavailable
from hub.gateway.desks.review import ReviewDesk
from hub.identity.types import Role
from hub.policy.engine import load_policies
from hub.settings import ROOT
from hub.store.database import reading_pool
from tests.hub.curation.world import KNOWN, LEFT_OPEN, caller, open_hub, row
from tests.hub.gateway.desk import Desk
from tests.hub.gateway.serving import write_policies
from tests.hub.store.databases import migrated_database

QUEUE = """
query ($first: Int! = 50, $after: String, $origin: String) {
  reviewQueue(first: $first, after: $after, origin: $origin) {
    nodes {
      origin text heldBack isAmbiguous feeds substances keys unii atc
      explanation { inn steps candidates { inn unii method confidence reasons } }
    }
    endCursor hasNextPage
  }
}
"""
DECIDE = """
mutation ($input: SubstanceDecisionInput!) {
  decideSubstance(input: $input) {
    id origin nativeText verdict inn substanceKey reason records client subject member
    organisation issuer decidedAt supersededAt
  }
}
"""
UNDO = """
mutation ($input: SubstanceDecisionUndoInput!) {
  undoSubstanceDecision(input: $input) { id verdict inn records reason }
}
"""
CURATOR = caller()
AMOXICILLIN = {
    "origin": "KR", "text": LEFT_OPEN, "inn": "amoxicillin", "reason": "as on the pack",
}  # fmt: skip


@pytest.fixture
async def store(database_url, tmp_path):
    async with migrated_database(database_url) as url, open_hub(url, tmp_path) as hub:
        await hub.publish(row("1", LEFT_OPEN), row("2", LEFT_OPEN), row("3", KNOWN))
        async with reading_pool(url) as reading:
            yield hub, reading


@pytest.fixture
def policies(tmp_path):
    baseline = (ROOT / "policies" / "baseline.cedar").read_text()
    return load_policies(write_policies(tmp_path / "policies", baseline, {}))


@pytest.fixture
def desk(store, policies):
    hub, reading = store
    desk = Desk(reading, policies, ReviewDesk(hub.pool, hub.tools.register))
    desk.caller = CURATOR
    return desk


async def _data(desk, *asked, **asking):
    answer = (await desk.ask(*asked, **asking)).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def _error(desk, *asked, **asking):
    answer = (await desk.ask(*asked, **asking)).json()
    [error] = answer["errors"]
    return error


async def _decide(desk):
    return (await _data(desk, DECIDE, {"input": AMOXICILLIN}))["decideSubstance"]


async def test_queue_shows_texts_with_evidence_and_candidates(desk):
    page = (await _data(desk, QUEUE))["reviewQueue"]
    assert page["hasNextPage"] is False
    assert page["endCursor"]
    (node,) = page["nodes"]
    explanation = node.pop("explanation")
    assert node == {
        "origin": "KR", "text": LEFT_OPEN, "heldBack": 2, "isAmbiguous": False,
        "feeds": ["kr.list"], "substances": [], "unii": [], "atc": [],
        "keys": ["KR.Ingredient.1", "KR.Ingredient.2"],
    }  # fmt: skip
    assert explanation["inn"] is None
    assert explanation["steps"]


async def test_curator_decides_and_every_reader_of_the_records_sees_it(desk):
    decided = await _decide(desk)
    assert decided.pop("decidedAt")
    assert decided.pop("id")
    assert decided == {
        "origin": "KR", "nativeText": LEFT_OPEN, "verdict": "SUBSTANCE", "inn": "amoxicillin",
        "substanceKey": "ALLIANCE.Substance.amoxicillin", "reason": "as on the pack",
        "records": 2, "client": CURATOR.client, "subject": CURATOR.subject, "member": "KR",
        "organisation": CURATOR.organisation, "issuer": CURATOR.issuer, "supersededAt": None,
    }  # fmt: skip
    question = "{ ingredients { nodes { substanceKey resolutionMethod resolutionConfidence } } }"
    nodes = (await _data(desk, question))["ingredients"]["nodes"]
    curated = {
        "substanceKey": "ALLIANCE.Substance.amoxicillin", "resolutionMethod": "CURATED",
        "resolutionConfidence": "1.000",
    }  # fmt: skip
    assert nodes[:2] == [curated, curated]
    assert (await _data(desk, QUEUE))["reviewQueue"]["nodes"] == []


async def test_past_and_change_feed_tell_of_a_decision(desk):
    ask = "query ($at: DateTime) { ingredients(asOf: $at) { nodes { resolutionMethod } } }"
    before = (await _data(desk, "{ changes { endCursor } }"))["changes"]["endCursor"]
    [(instant,)] = await _query(desk, "SELECT max(recorded_at) FROM ingredient")
    await _decide(desk)
    past = (await _data(desk, ask, {"at": instant.isoformat()}))["ingredients"]["nodes"]
    assert [node["resolutionMethod"] for node in past] == ["NONE", "NONE", "SYNONYM"]
    tell = "query ($since: String) { changes(since: $since) { nodes { key kind } } }"
    changes = (await _data(desk, tell, {"since": before}))["changes"]["nodes"]
    assert changes == [
        {"key": f"KR.{name}.{number}", "kind": "CHANGED"}
        for name in ("Ingredient", "Product")
        for number in (1, 2)
    ]


async def _query(desk, sql):
    async with desk.pool.connection() as connection:
        return await (await connection.execute(sql)).fetchall()


async def test_undo_and_history(desk):
    decided = await _decide(desk)
    undo = {"decision": decided["id"], "reason": "read it wrongly"}
    undone = (await _data(desk, UNDO, {"input": undo}))["undoSubstanceDecision"]
    assert (undone["verdict"], undone["inn"], undone["records"]) == ("UNDONE", None, 2)
    ask = "{ substanceDecisions { id verdict reason supersededAt } }"
    newest, oldest = (await _data(desk, ask))["substanceDecisions"]
    assert (newest["verdict"], newest["supersededAt"]) == ("UNDONE", None)
    assert oldest["id"] == decided["id"]
    assert oldest["supersededAt"]
    assert (await _data(desk, QUEUE))["reviewQueue"]["nodes"][0]["heldBack"] == 2


@pytest.mark.parametrize(
    ("changed", "code", "advice"),
    [
        ({"inn": "amoxicilin"}, "UNKNOWN_SUBSTANCE", "did you mean `amoxicillin`"),
        ({"inn": "a+b"}, "COMBINATION", "holds one substance"),
        ({"reason": " "}, "INVALID_INPUT", "must say why"),
        ({"noSubstance": True}, "INVALID_INPUT", "decide for one"),
        ({"inn": None}, "INVALID_INPUT", "decide for one"),
        ({"text": "nowhere"}, "NOT_FOUND", "copy it from the review queue"),
        ({"text": "\0"}, "BAD_VALUE", "correct it"),
        ({"origin": "US"}, "FORBIDDEN", "its own agency decides"),
        ({"origin": "XX"}, "INVALID_INPUT", "use KR"),
        ({"supersedes": "77"}, "DECIDED", "no decision stands"),
        ({"supersedes": "x"}, "NOT_FOUND", "use its `id`"),
    ],
)
async def test_decisions_that_can_not_be_are_refused_with_a_code_and_advice(
    desk, changed, code, advice
):
    error = await _error(desk, DECIDE, {"input": AMOXICILLIN | changed})
    assert error["extensions"] == {"code": code}
    assert advice in error["message"]
    assert await _query(desk, "SELECT count(*) FROM substance_decision") == [(0,)]


@pytest.mark.parametrize(
    "asks",
    [caller("KR", Role.REGULATOR), caller("ALLIANCE", Role.SECRETARIAT), caller("US")],
    ids=["regulator", "secretariat", "other-member"],
)
async def test_only_the_members_own_agency_decides(desk, asks):
    error = await _error(desk, DECIDE, {"input": AMOXICILLIN}, caller=asks)
    assert error["extensions"] == {"code": "FORBIDDEN"}


async def test_regulators_may_not_read_the_queue_and_others_see_their_own(desk):
    error = await _error(desk, QUEUE, caller=caller("KR", Role.REGULATOR))
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert (await _data(desk, QUEUE, caller=caller("US")))["reviewQueue"]["nodes"] == []
    both = await _data(desk, QUEUE, caller=caller("ALLIANCE", Role.AUDITOR))
    assert [node["origin"] for node in both["reviewQueue"]["nodes"]] == ["KR"]


async def test_mutations_of_one_operation_run_one_after_another(desk):
    document = """
      mutation ($first: SubstanceDecisionInput!, $next: SubstanceDecisionInput!) {
        a: decideSubstance(input: $first) { id inn }
        b: decideSubstance(input: $next) { id inn }
        c: decideSubstance(input: $first) { id inn }
      }
    """
    answer = await desk.ask(document, {"first": AMOXICILLIN, "next": AMOXICILLIN})
    data, errors = answer.json()["data"], answer.json()["errors"]
    assert data["a"]["inn"] == "amoxicillin"
    assert (data["b"], data["c"]) == (None, None)
    assert [error["path"] for error in errors] == [["b"], ["c"]]
    assert {error["extensions"]["code"] for error in errors} == {"DECIDED"}


async def test_same_mutation_is_carried_out_each_time_it_is_asked(desk):
    same = f"""mutation {{ decideSubstance(
        input: {{origin: "KR", text: "{LEFT_OPEN}", inn: "amoxicillin", reason: "r"}}
    ) {{ id }} }}"""
    first = (await _data(desk, same))["decideSubstance"]["id"]
    assert (await _error(desk, same))["extensions"] == {"code": "DECIDED"}
    await _data(desk, UNDO, {"input": {"decision": first, "reason": "r"}})
    assert (await _data(desk, same))["decideSubstance"]["id"] != first


async def test_mutation_under_the_name_of_a_record_field_is_no_plan(desk):
    document = DECIDE.replace("decideSubstance(", "products: decideSubstance(")
    assert (await _data(desk, document, {"input": AMOXICILLIN}))["products"]["records"] == 2


async def test_a_query_can_not_decide_and_a_mutation_can_not_read(desk):
    for document in (DECIDE.replace("mutation", "query"), "mutation { products { totalCount } }"):
        answer = (await desk.ask(document, {"input": AMOXICILLIN})).json()
        assert "data" not in answer
    assert await _query(desk, "SELECT count(*) FROM substance_decision") == [(0,)]


async def test_mutation_is_disclosed_like_a_query(desk):
    await _decide(desk)
    await _error(desk, DECIDE, {"input": AMOXICILLIN})
    assert [(who, asked) for who, asked, _ in desk.disclosed] == [(CURATOR, DECIDE)] * 2


async def test_decision_whose_answer_could_not_be_recorded_is_on_record_itself(desk):
    desk.refusal = Unavailable("the answer could not be recorded, so it is not given: ask again")
    answer = await desk.ask(DECIDE, {"input": AMOXICILLIN})
    assert (answer.status_code, set(answer.json())) == (503, {"errors"})
    assert await _query(desk, "SELECT client, token_id FROM substance_decision") == [
        (CURATOR.client, CURATOR.token_id)
    ]


async def test_curators_at_once_leave_one_history(desk):
    inns = ("amoxicillin", "aciclovir", "ibuprofen")
    answers = await asyncio.gather(
        *(desk.ask(DECIDE, {"input": AMOXICILLIN | {"inn": inn}}) for inn in inns)
    )
    decided = [each.json()["data"]["decideSubstance"] for each in answers]
    (kept,) = [each for each in decided if each]
    assert await _query(desk, "SELECT inn FROM substance_decision") == [(kept["inn"],)]
    assert await _query(
        desk,
        "SELECT DISTINCT substance_key FROM ingredient WHERE resolution_method = 'CURATED' "
        "AND superseded_at IS NULL",
    ) == [(kept["substanceKey"],)]


MUTATION = 'mutation { undoSubstanceDecision(input: {decision: "1", reason: "r"}) { id } }'


@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("GET", {"params": {"query": MUTATION}}),
        ("POST", {"data": {"query": MUTATION}}),
        ("POST", {"files": {"operations": (None, '{"query": "mutation { x }"}')}}),
        ("POST", {"content": MUTATION, "headers": {"content-type": "application/graphql"}}),
        (
            "POST",
            {"content": f'{{"query": "{MUTATION}"}}', "headers": {"content-type": "text/plain"}},
        ),
    ],
    ids=["get", "form", "multipart", "graphql", "plain"],
)
async def test_what_a_browser_can_send_for_another_site_never_decides(desk, method, sent):
    await _decide(desk)
    headers = {"authorization": "Bearer x"} | sent.pop("headers", {})
    answer = await desk.http.request(method, "/graphql", headers=headers, **sent)
    assert answer.status_code in {403, 405, 415}
    assert await _query(desk, "SELECT count(*) FROM substance_decision") == [(1,)]
