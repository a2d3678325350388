"""A preview counts what Cedar would decide of each row, and shows keys to who may see them."""

from collections import Counter
from datetime import UTC, datetime
from itertools import product

import pytest

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.errors import Forbidden, Timeout
from hub.gateway.preview import effects as preview_module
from hub.gateway.preview.effects import check_may_preview, preview
from hub.identity.types import Caller, Purpose, Role
from hub.policy.comparison import News
from hub.policy.engine import PolicyEngine, load_policies
from hub.policy.principals import Mode
from hub.policy.schema import Level
from hub.settings import ROOT
from hub.store.database import reading_pool
from tests.hub.gateway.oracle import Sight
from tests.hub.gateway.serving import BY_ROW, WORLD, caller_of, write_policies

NOW = datetime.now(UTC)
BASELINE = (ROOT / "policies" / "baseline.cedar").read_text()

LESS = BY_ROW | {
    "kr-rows": BY_ROW["kr-rows"].replace("[ONGOING, RESOLVED, DRAFT]", "[ONGOING]"),
    "us-rows": BY_ROW["us-rows"].replace("purposes: any", "purposes: [exercise]"),
}
COARSE = BY_ROW | {
    "us-rows": BY_ROW["us-rows"].replace(
        "groups: [commercial], where:", "groups: [commercial], rounded_to: 1000, where:"
    )
}
COUNTED = BY_ROW | {
    "us-rows": BY_ROW["us-rows"].replace(
        "groups: [commercial], where:",
        "groups: [commercial], aggregates_only: {smallest_cell: 5}, where:",
    )
}
MUTUAL = BY_ROW | {
    "kr-mutual": """
id: kr-mutual
owner: KR
title: Stocks, as long as the others show theirs
legal_basis: a test
recipients: all
purposes: any
valid_from: 2026-01-01
share:
  - {records: [StockReport], groups: [commercial], reciprocal: true}
"""
}
IN_CRISIS = BY_ROW | {
    "kr-rows": BY_ROW["kr-rows"].replace("purposes: any", "purposes: any\nmodes: [crisis]")
}


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("previewed")
    texts = {
        "by_row": BY_ROW,
        "less": LESS,
        "coarse": COARSE,
        "counted": COUNTED,
        "mutual": MUTUAL,
        "unrequited": {"kr-mutual": MUTUAL["kr-mutual"]},
        "in_crisis": IN_CRISIS,
        "none": {},
    }
    return {
        name: load_policies(write_policies(folder / name, BASELINE, agreements))
        for name, agreements in texts.items()
    }


@pytest.fixture(scope="module")
async def pool(world_url):
    async with reading_pool(world_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def previewed(pool, sets):
    """Preview one named set in place of another, as a client."""

    made = {}

    async def run(old, new, client="secretariat", mode=Mode.ROUTINE):
        if (old, new, client, mode) not in made:
            engine = PolicyEngine(sets[old], mode=mode)
            previewer = engine.decide(caller_of(client, Purpose.POLICY_RESEARCH))
            async with pool.connection() as connection:
                made[old, new, client, mode] = await preview(
                    connection, sets[old], sets[new], previewer, mode=mode, at=NOW
                )
        return made[old, new, client, mode]

    return run


def regulator(member: str, role: Role, purpose: Purpose) -> Caller:
    return Caller("", "", "", member, "", frozenset({role}), purpose, False, "")


def counted(found, member, role, purpose) -> Counter:
    """What a preview says of a class: rows by record type, group, limit and whether gained."""
    tally = Counter()
    for effect in found.effects:
        for audience in effect.audiences:
            if audience.member == member and role in audience.roles:
                for each in effect.groups if purpose in audience.purposes else ():
                    place = effect.record_type, each.change.group, each.change.limit
                    tally[*place, True] += each.gained.rows
                    tally[*place, False] += each.lost.rows
    return +tally


def decided(sets, old, new, caller, limits) -> Counter:
    """What Cedar says of each row."""
    before, after = (Sight(WORLD, sets[name], caller, NOW) for name in (old, new))
    tally = Counter()
    for name, record_type in RECORD_TYPES.items():
        for row, group in product(WORLD.current(name), record_type.groups):
            for limit in (None, *limits.get((name, group), ())):
                then, now = (is_shown(each, row, group, limit) for each in (before, after))
                tally[name, group, limit, True] += now and not then
                tally[name, group, limit, False] += then and not now
    return +tally


def is_shown(sight, row, group, limit) -> bool:
    is_rounded = limit is not None and 0 < sight.step(row, group) <= limit
    return sight.of(row) and (sight.of(row, group) or is_rounded)


@pytest.mark.parametrize(
    ("old", "new"), [("none", "by_row"), ("by_row", "less"), ("less", "by_row")]
)
async def test_counts_are_what_cedar_decides_of_every_row(previewed, sets, old, new):
    found = await previewed(old, new)
    classes = [
        ("KR", Role.REGULATOR, Purpose.SHORTAGE_RESPONSE),
        ("US", Role.AGENCY, Purpose.EXERCISE),
        ("EU", Role.REGULATOR, Purpose.POLICY_RESEARCH),
        ("ALLIANCE", Role.SECRETARIAT, Purpose.EXERCISE),
    ]
    for one in classes:
        limits = {}
        for name, group, limit, _ in counted(found, *one):
            if limit:
                limits.setdefault((name, group), set()).add(limit)
        assert counted(found, *one) == decided(sets, old, new, regulator(*one), limits), one
    assert counted(found, *classes[0])


async def test_a_set_against_itself_changes_nothing(previewed):
    found = await previewed("by_row", "by_row")
    assert found.effects == ()
    assert found.news.news is News.NOTHING_NEW
    assert found.other_modes == ()


async def test_values_are_counted_where_there_are_any(previewed):
    found = await previewed("none", "by_row")
    effects = [
        effect
        for effect in found.effects
        if (effect.record_type, effect.origin) == ("StockReport", "US")
        and "EU" in {each.member for each in effect.audiences}
    ]
    (group,) = (
        each
        for effect in effects
        for each in effect.groups
        if (each.change.group, each.change.level) == (Group.COMMERCIAL, Level.READ)
    )
    facts = [
        facts
        for facts in RECORD_TYPES["StockReport"].fields.values()
        if facts.group is Group.COMMERCIAL
    ]
    rows = [
        row
        for row in WORLD.current("StockReport")
        if row["origin"] == "US" and row["listing"] == "LISTED"
    ]
    stated = [row[each.name] for row in rows for each in facts if row[each.name] not in (None, [])]
    assert group.gained.rows == len(rows) > 0
    assert group.gained.values == len(stated) > 0


async def test_draft_that_takes_says_that_nothing_is_new_and_the_other_way_round(previewed):
    assert (await previewed("by_row", "less")).news.news is News.NOTHING_NEW
    found = await previewed("less", "by_row")
    assert found.news.news is News.NEW
    assert found.news.words


async def test_rounding_takes_exact_values_and_leaves_rounded_ones(previewed):
    found = await previewed("by_row", "coarse")
    changes = [
        (each.change.level, each.change.limit, each.gained.rows, each.lost.rows > 0)
        for effect in found.effects
        for each in effect.groups
    ]
    assert (Level.READ, None, 0, True) in changes
    assert {limit for _, limit, *_ in changes} <= {None, 10}
    assert {(gained, is_lost) for *_, gained, is_lost in changes} == {(0, True)}
    back = await previewed("none", "coarse")
    assert any(
        each.change.level is Level.ROUND and each.change.limit == 1000 and each.gained.rows
        for effect in back.effects
        for each in effect.groups
    )


async def test_rows_that_only_count_are_no_longer_shown(previewed):
    found = await previewed("by_row", "counted")
    levels = {each.change.level for effect in found.effects for each in effect.groups}
    assert levels <= {Level.READ, Level.ROUND}
    assert all(each.lost.rows for effect in found.effects for each in effect.groups)


async def test_reciprocal_share_is_counted_only_for_those_who_give_it_back(previewed):
    found = await previewed("by_row", "mutual")
    assert {
        (effect.record_type, audience.member)
        for effect in found.effects
        for audience in effect.audiences
    } == {("StockReport", "US")}
    assert (await previewed("none", "unrequited")).effects == ()


async def test_other_modes_are_named_where_the_draft_changes_something(previewed):
    found = await previewed("none", "in_crisis", mode=Mode.PREPAREDNESS)
    in_crisis = await previewed("none", "in_crisis", mode=Mode.CRISIS)
    assert found.other_modes == (Mode.ROUTINE, Mode.CRISIS)
    assert counted(in_crisis, "JP", Role.AGENCY, Purpose.EXERCISE) != counted(
        found, "JP", Role.AGENCY, Purpose.EXERCISE
    )


async def test_secretariat_gets_all_counts_and_no_key_that_it_may_not_see(previewed):
    found = await previewed("none", "by_row")
    tallies = [
        (effect.record_type, each.gained) for effect in found.effects for each in effect.groups
    ]
    assert found.is_whole
    assert sum(tally.rows for _, tally in tallies)
    assert {name for name, tally in tallies if tally.keys} <= {"Substance", "RegisterEntry"}


def told(found) -> int:
    return sum(len(effect.audiences) for effect in found.effects)


@pytest.mark.parametrize("client", ["kr-mfds", "us-fda"])
async def test_member_gets_counts_and_keys_of_what_it_sees(previewed, sets, client):
    caller = caller_of(client, Purpose.POLICY_RESEARCH)
    sight = Sight(WORLD, sets["by_row"], caller, NOW)
    seen = {row["key"] for rows in WORLD.rows.values() for row in rows if sight.of(row)}
    found = await previewed("by_row", "less", client)
    assert not found.is_whole
    tallies = [each.lost for effect in found.effects for each in effect.groups]
    assert any(tally.keys for tally in tallies)
    for tally in tallies:
        assert set(tally.keys) <= seen
        assert list(tally.keys) == sorted(tally.keys)
        assert len(tally.keys) == min(3, tally.rows)
    for effect in found.effects:
        members = {audience.member for audience in effect.audiences}
        assert effect.origin == caller.member or members == {caller.member}
    whole = await previewed("by_row", "less")
    assert told(found) < told(whole)


@pytest.mark.parametrize(
    ("client", "owner", "is_allowed"),
    [
        ("kr-mfds", "KR", True),
        ("secretariat", "KR", True),
        ("us-fda", "KR", False),
        ("auditor", "KR", False),
    ],
)
def test_owner_and_secretariat_preview_and_nobody_else(client, owner, is_allowed):
    caller = caller_of(client, Purpose.EXERCISE)
    if is_allowed:
        check_may_preview(caller, owner)
    else:
        with pytest.raises(Forbidden, match="previewed by KR's own regulator or agency"):
            check_may_preview(caller, owner)


async def test_preview_that_takes_too_long_says_what_to_do(pool, sets, monkeypatch):
    slow = preview_module.emit
    monkeypatch.setattr(
        preview_module, "emit", lambda test, row: f"pg_sleep(1) IS NOT NULL AND {slow(test, row)}"
    )
    previewer = PolicyEngine(sets["none"]).decide(caller_of("secretariat", Purpose.EXERCISE))
    async with pool.connection() as connection:
        await connection.execute("SET statement_timeout = 50")
        try:
            with pytest.raises(Timeout, match="preview fewer changes at once") as caught:
                await preview(
                    connection,
                    sets["none"],
                    sets["by_row"],
                    previewer,
                    mode=Mode.ROUTINE,
                    at=NOW,
                )
            assert caught.value.public_code == "PREVIEW_TIMEOUT"
        finally:
            await connection.execute("RESET statement_timeout")
