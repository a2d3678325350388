"""Questions of the last days asked again: what changes of the answers, counted by an oracle."""

from datetime import UTC, datetime

import psycopg
import pytest

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.disclosure.asked import Asked, keep_asked
from hub.errors import InvalidInput
from hub.gateway.planning.naming import camel
from hub.gateway.preview import replay as replay_module
from hub.gateway.preview.replay import replay
from hub.gateway.schema import build_schema
from hub.identity.types import Purpose
from hub.policy.admission import documents
from hub.policy.engine import PolicyEngine
from hub.policy.examination import examine
from hub.policy.folder import parse_agreement
from hub.policy.policy_set import PolicySet
from hub.policy.principals import Mode
from hub.settings import ROOT
from hub.store.database import reading_pool
from tests.hub.gateway.oracle import Sight
from tests.hub.gateway.serving import (
    BY_ROW,
    WORLD,
    caller_of,
    new_database,
    open_hub,
    write_policies,
)
from tests.hub.gateway.world import insert

SCHEMA = build_schema()._schema
NOW = datetime.now(UTC)
BASELINE = (ROOT / "policies" / "baseline.cedar").read_text()
LESS = BY_ROW | {
    "kr-rows": BY_ROW["kr-rows"].replace("[ONGOING, RESOLVED, DRAFT]", "[ONGOING]"),
    "us-rows": BY_ROW["us-rows"].replace("purposes: any", "purposes: [exercise]"),
}
EXACT = BY_ROW | {"kr-rows": BY_ROW["kr-rows"].replace(", rounded_to: 1000", "")}

NOTICES = """query Notices($first: Int = 100) { supplyNotices(first: $first) {
  totalCount nodes { id title reasonText expectedEndOn { text } } } }"""


def policy_set(agreements: dict[str, str]) -> PolicySet:
    found = sorted((parse_agreement(text, name) for name, text in agreements.items()), key=_id)
    return PolicySet(tuple(found), tuple(examine([*documents(BASELINE, found)])))


def _id(agreement) -> str:
    return agreement.id


@pytest.fixture(scope="module")
def sets():
    texts = {"by_row": BY_ROW, "less": LESS, "exact": EXACT, "none": {}}
    return {name: policy_set(agreements) for name, agreements in texts.items()}


@pytest.fixture(scope="module")
async def asked_url(database_url):
    """A database of its own that holds the world, and in which nobody asked anything yet."""
    async with new_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, WORLD.rows)
        yield url


@pytest.fixture
async def connection(asked_url):
    async with await psycopg.AsyncConnection.connect(asked_url, autocommit=True) as opened:
        yield opened
        await opened.execute("TRUNCATE asked_question")


@pytest.fixture
async def replayed(asked_url, connection, sets):
    """Keep questions, then replay them from one named set to another."""
    async with reading_pool(asked_url) as pool:

        async def run(old, new, *asked, client="secretariat", days=7):
            await keep_asked(connection, asked)
            previewer = PolicyEngine(sets[old]).decide(caller_of(client, Purpose.EXERCISE))
            async with pool.connection() as reading:
                return await replay(
                    reading,
                    sets[old],
                    sets[new],
                    previewer,
                    mode=Mode.ROUTINE,
                    at=NOW,
                    days=days,
                    schema=SCHEMA,
                )

        yield run


def asked(
    document=NOTICES, client="kr-mfds", purpose=Purpose.SHORTAGE_RESPONSE, operation=None, **given
) -> Asked:
    return Asked.by(caller_of(client, purpose), document, given, operation)


def sights(sets, old, new, client, purpose=Purpose.SHORTAGE_RESPONSE):
    return [Sight(WORLD, sets[name], caller_of(client, purpose), NOW) for name in (old, new)]


async def test_rows_values_totals_and_masks_are_what_the_two_sets_show(replayed, sets):
    found = await replayed("by_row", "less", asked())
    [question] = found.effects
    [field] = question.fields
    before, after = sights(sets, "by_row", "less", "kr-mfds")
    rows = WORLD.current("SupplyNotice")
    was, now = ({row["key"] for row in rows if each.of(row)} for each in (before, after))
    assert (field.path, field.rows_gained) == ("supplyNotices", len(now - was))
    assert field.rows_lost == len(was - now) > 0
    assert (field.total_before, field.total_after) == (len(was), len(now))
    names = ("title", "reason_text", "expected_end_on")
    facts = [RECORD_TYPES["SupplyNotice"].fields[name] for name in names]

    def shown(sight):
        return {
            (row["key"], each.name)
            for row in rows
            for each in facts
            if sight.of(row) and sight.of(row, each.group) and row[each.name] is not None
        }

    assert field.values_lost == len(shown(before) - shown(after)) > 0
    assert field.values_gained == len(shown(after) - shown(before)) == 0
    assert (question.client, question.times, question.document) == ("kr-mfds", 1, NOTICES)
    assert (found.asked, found.unaffected, found.failed, found.left_out) == (1, 0, 0, 0)


async def test_what_is_opened_is_gained_in_nested_records_too(replayed, sets):
    document = """query { mine: supplyNotices(first: 100) { edges { node { ...Part } } } }
    fragment Part on SupplyNotice { id same: status product { name } }"""
    found = await replayed("less", "by_row", asked(document, client="eu-ema"))
    [question] = found.effects
    [field] = question.fields
    before, after = sights(sets, "less", "by_row", "eu-ema")
    products = {row["key"]: row for row in WORLD.current("Product")}

    def places(sight):
        for row in WORLD.current("SupplyNotice"):
            if sight.of(row):
                yield row["key"]
                product = products.get(row["product_key"])
                if product and sight.of(product):
                    yield row["key"], product["key"]

    was, now = set(places(before)), set(places(after))
    assert field.path == "mine"
    assert field.rows_gained == len(now - was) > 0
    assert field.rows_lost == len(was - now) == 0
    assert field.total_before is None


async def test_single_record_that_goes_is_a_row_lost(replayed, sets):
    before, after = sights(sets, "by_row", "less", "kr-mfds")
    gone = next(
        row["key"] for row in WORLD.current("SupplyNotice") if before.of(row) and not after.of(row)
    )
    document = "query One($id: ID!) { node(id: $id) { id ... on SupplyNotice { title } } }"
    [question] = (await replayed("by_row", "less", asked(document, id=gone))).effects
    assert [(each.path, each.rows_lost) for each in question.fields] == [("node", 1)]


async def test_mask_that_comes_or_goes_is_named(replayed):
    document = """{ supplyNotices(first: 100, filter: {origin: {eq: KR}, status: {eq: RESOLVED}}) {
      nodes { id reasonText } } }"""
    there, back = [
        (await replayed(*names, asked(document, client="jp-mhlw"))).effects[0].fields[0]
        for names in (("by_row", "less"), ("less", "by_row"))
    ]
    mask = ("supplyNotices.nodes:operational",)
    assert (there.masked_anew, there.unmasked) == (mask, ())
    assert (back.masked_anew, back.unmasked) == ((), mask)


async def test_number_that_is_rounded_is_shown_otherwise(replayed):
    numbers = [
        camel(facts.name)
        for facts in RECORD_TYPES["StockReport"].fields.values()
        if facts.group is Group.COMMERCIAL
    ]
    fields = " ".join(name for name in numbers if "Unit" not in name)
    document = f"{{ stockReports(first: 100) {{ nodes {{ {fields} }} }} }}"
    [question] = (await replayed("exact", "by_row", asked(document, client="us-fda"))).effects
    [field] = question.fields
    assert field.values_changed > 0
    assert (field.rows_gained, field.rows_lost) == (0, 0)


async def test_question_that_nothing_changes_for_is_unaffected(replayed):
    document = "{ members { code } me { client } substances { nodes { id } } }"
    found = await replayed("by_row", "less", asked(document), asked(client="secretariat"))
    assert (found.asked, found.unaffected, found.effects) == (2, 2, ())


async def test_set_against_itself_affects_nothing(replayed):
    found = await replayed("by_row", "by_row", asked())
    assert (found.asked, found.unaffected) == (1, 1)


@pytest.mark.parametrize(
    "question",
    [
        asked("{ noSuchField { id } }"),
        asked("query A { me { client } }", operation="B"),
        asked("query A($id: ID!) { node(id: $id) { id } }"),
        asked("{ supplyNotices(first: 100000) { nodes { id } } }"),
    ],
)
async def test_question_that_can_not_be_asked_today_is_counted_as_failed(replayed, question):
    found = await replayed("by_row", "less", question, asked())
    assert (found.asked, found.failed, len(found.effects)) == (2, 1, 1)


async def test_statistics_are_left_out(replayed):
    document = "{ supplyNoticeStats(groupBy: [STATUS]) { count } }"
    found = await replayed("by_row", "less", asked(document))
    assert (found.left_out, found.failed, found.effects) == (1, 0, ())


async def test_mutation_is_never_run(replayed, connection):
    document = 'mutation { withdrawVote(input: {reason: "x"}) { mode } }'
    found = await replayed("by_row", "less", asked(document))
    assert (found.unaffected, found.effects) == (1, ())
    cursor = await connection.execute("SELECT count(*) FROM mode_event")
    assert await cursor.fetchone() == (0,)


async def test_most_frequent_questions_come_first_and_the_rest_is_counted(replayed, monkeypatch):
    monkeypatch.setattr(replay_module, "MOST_QUESTIONS", 1)
    often = asked(first=50)
    found = await replayed("by_row", "less", asked(), often, often)
    [question] = found.effects
    assert (question.digest, question.times) == (often.digest, 2)
    assert (found.asked, found.left_out) == (2, 1)
    monkeypatch.setattr(replay_module, "MOST_SECONDS", -1.0)
    found = await replayed("by_row", "less")
    assert (found.asked, found.left_out, found.effects) == (2, 2, ())


async def test_member_learns_of_its_own_records_alone(replayed, sets):
    found = await replayed("by_row", "less", asked(client="jp-mhlw"), client="us-fda")
    whole = await replayed("by_row", "less")
    [question] = found.effects
    [field], [all_of_it] = question.fields, whole.effects[0].fields
    before, after = sights(sets, "by_row", "less", "jp-mhlw")
    own = [
        row
        for row in WORLD.current("SupplyNotice")
        if row["origin"] == "US" and before.of(row) and not after.of(row)
    ]
    assert field.rows_lost == len(own) > 0
    assert field.values_lost < all_of_it.values_lost
    assert (question.document, field.total_before, field.masked_anew) == ("", None, ())
    assert (await replayed("by_row", "less", client="in-cdsco")).effects == ()


@pytest.mark.parametrize("days", [0, 31])
async def test_days_out_of_range_are_refused(replayed, days):
    with pytest.raises(InvalidInput, match="questions are kept for 30"):
        await replayed("by_row", "less", days=days)


async def test_older_questions_are_not_asked_again(replayed, connection):
    await keep_asked(connection, [asked()])
    await connection.execute("UPDATE asked_question SET last_at = now() - interval '8 days'")
    assert (await replayed("by_row", "less")).asked == 0
    assert (await replayed("by_row", "less", days=9)).asked == 1


async def test_hub_keeps_questions_of_records_as_they_were_asked(asked_url, connection, tmp_path):
    folder = write_policies(tmp_path / "policies", BASELINE, BY_ROW)
    async with open_hub(asked_url, folder, tmp_path) as hub:
        for _ in range(2):
            await hub.data(NOTICES, variables={"first": 3}, operationName="Notices")
        await hub.data(NOTICES, client="us-fda")
        await hub.ask("{ me { client } }")
        await hub.ask("{ noSuchField }")
        await hub.data("# \0\n{ supplyNotices { nodes { id } } }")
    cursor = await connection.execute(
        "SELECT client, times, document, variables, operation, member, purpose, roles "
        "FROM asked_question ORDER BY times DESC"
    )
    kept = await cursor.fetchall()
    assert [row[:2] for row in kept] == [("kr-mfds", 2), ("us-fda", 1)]
    assert kept[0][2:] == (
        NOTICES,
        '{"first":3}',
        "Notices",
        "KR",
        "shortage-response",
        ["agency", "regulator"],
    )
