import asyncio
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.policy import engine as engine_module
from hub.policy.conditions import Undecided
from hub.policy.engine import PolicyEngine, load_policies
from hub.policy.expression import FALSE
from hub.policy.policy_set import PolicySet
from hub.policy.schema import ALLIANCE, Level

EMPTY = PolicySet((), ())
MOMENT = timedelta(microseconds=1)


class Clock:
    def __init__(self, *start: int) -> None:
        self.now = datetime(*start, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(2026, 6, 1)


@pytest.fixture
def engine(admitted, agreement, clock) -> PolicyEngine:
    """JP shares its public notices with all, from March until the end of June."""
    given = agreement(valid_from=date(2026, 3, 1), valid_until=date(2026, 6, 30))
    return PolicyEngine(admitted("", given), clock=clock)


def notices(decisions) -> str:
    return decisions.predicate("SupplyNotice", Group.PUBLIC).sql("n")


OPEN = """"n"."origin" = 'JP'"""


def test_a_predicate_says_which_rows_and_by_which_policies(engine, caller):
    predicate = engine.decide(caller("US")).predicate("SupplyNotice", Group.PUBLIC)
    assert predicate.sql("n") == OPEN
    assert predicate.agreements == ("jp-notices/1",)
    assert not predicate.is_never
    assert not predicate.is_always


@pytest.mark.parametrize(
    ("record_type", "group"),
    [("SupplyNotice", "native"), ("Product", "public"), ("Nothing", "public"), ("Product", "x")],
)
def test_what_nothing_opens_or_nobody_knows_is_never_seen(engine, caller, record_type, group):
    predicate = engine.decide(caller("US")).predicate(record_type, group)
    assert predicate.is_never
    assert predicate.sql("n") == "false"
    assert predicate.agreements == ()


def test_callers_of_one_class_share_decisions_and_others_do_not(engine, caller):
    decided = engine.decide(caller("US"))
    assert engine.decide(caller("US", subject="another person")) is decided
    others = [
        caller("KR"),
        caller("US", role="auditor"),
        caller("US", purpose="exercise"),
        caller("US", organisation="another"),
    ]
    assert len({engine.decide(each).class_key for each in [caller("US"), *others]}) == 5


def test_an_agreement_bites_from_its_first_day_through_its_last(engine, caller, clock):
    starts, ends = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    seen = []
    for now in (starts - MOMENT, starts, ends - MOMENT, ends):
        clock.now = now
        seen.append(notices(engine.decide(caller("US"))))
    assert seen == ["false", OPEN, OPEN, "false"]


def test_a_decision_never_outlives_the_next_boundary(engine, caller, clock):
    decided = engine.decide(caller("US"))
    assert decided.ends_at == datetime(2026, 7, 1, tzinfo=UTC)
    clock.now = decided.ends_at - MOMENT
    assert engine.decide(caller("US")) is decided
    clock.now = decided.ends_at
    later = engine.decide(caller("US"))
    assert notices(later) == "false"
    assert later.digest != decided.digest


def test_a_clock_that_steps_back_finds_what_was_in_force_then(engine, caller, clock):
    clock.now = datetime(2026, 8, 1, tzinfo=UTC)
    assert notices(engine.decide(caller("US"))) == "false"
    clock.now = datetime(2026, 6, 1, tzinfo=UTC)
    assert notices(engine.decide(caller("US"))) == OPEN


def test_another_set_bites_at_once_on_classes_already_decided(engine, caller):
    before = engine.decide(caller("US"))
    engine.replace(EMPTY)
    after = engine.decide(caller("US"))
    assert notices(after) == "false"
    assert after.digest != before.digest


async def test_a_class_made_ready_is_decided_in_a_thread_and_once(engine, caller, monkeypatch):
    threads = []
    work = engine_module.sights

    def watched(*given):
        threads.append(threading.current_thread())
        return work(*given)

    monkeypatch.setattr(engine_module, "sights", watched)
    await asyncio.gather(*(engine.ready(caller("US")) for _ in range(3)))
    assert notices(engine.decide(caller("US"))) == OPEN
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


async def test_a_set_that_comes_while_a_class_is_made_ready_decides(engine, caller):
    making = asyncio.ensure_future(engine.ready(caller("US")))
    await asyncio.sleep(0)
    engine.replace(EMPTY)
    await making
    assert notices(engine.decide(caller("US"))) == "false"


def test_kept_classes_are_bounded_and_the_oldest_makes_room(engine, caller, monkeypatch):
    monkeypatch.setattr(engine_module, "MAX_CLASSES", 2)
    first, second = (engine.decide(caller("US", organisation=name)) for name in "ab")
    assert engine.decide(caller("US", organisation="a")) is first
    engine.decide(caller("US", organisation="c"))
    assert engine.decide(caller("US", organisation="a")) is first
    assert engine.decide(caller("US", organisation="b")) is not second


def test_an_undecided_class_raises_and_is_not_kept(engine, caller, monkeypatch):
    def undecided(*_):
        raise Undecided("a test")

    with monkeypatch.context() as patched:
        patched.setattr(engine_module, "sights", undecided)
        with pytest.raises(Undecided):
            engine.decide(caller("US"))
    assert notices(engine.decide(caller("US"))) == OPEN


def test_a_nasty_organisation_is_a_value_and_nothing_more(admitted, caller):
    baseline = """@id("baseline/p") permit(principal, action == Action::"read:Product.public",
        resource) when { resource.feed == principal.organisation };"""
    decide = PolicyEngine(admitted(baseline)).decide
    name = "'; DROP TABLE product; --\\"
    found = decide(caller("US", organisation=name)).predicate("Product", Group.PUBLIC)
    assert found.sql("n") == """"n"."feed" = E'''; DROP TABLE product; --\\\\'"""
    assert decide(caller("US", organisation="a\0")).predicate("Product", "public").is_never


def test_a_forbid_closes_what_a_permit_opens(admitted, agreement, caller):
    baseline = """@id("baseline/drafts") forbid(principal, action in Action::"read",
        resource is SupplyNotice) when { ["DRAFT", "WITHDRAWN"].contains(resource.status) };"""
    decided = PolicyEngine(admitted(baseline, agreement())).decide(caller("US"))
    assert notices(decided) == (
        """("n"."origin" = 'JP' AND "n"."status" <> ALL (ARRAY['DRAFT', 'WITHDRAWN']::text[]))"""
    )
    assert decided.predicate("SupplyNotice", Group.PUBLIC).agreements == ("jp-notices/1",)


FIVE = {
    # member asking → origins whose notices it sees for shortage response, embargo aside
    "KR": {"KR", "US", "JP", "EU+7"},
    "US": {"KR", "US", "JP", "EU+7"},
    "JP": {"KR", "US", "JP", "EU+7"},
    "IN": {"KR", "US", "JP", "EU+7", "IN"},
    "EU": {"KR", "US", "JP", "EU"},
}


@pytest.fixture(scope="module")
def committed(policies_folder) -> PolicyEngine:
    return PolicyEngine(load_policies(policies_folder))


@pytest.mark.parametrize("member", FIVE)
def test_the_five_regulators_see_different_notices(committed, caller, member):
    text = notices(committed.decide(caller(member)))
    seen = {origin for origin in FIVE if f"'{origin}'" in text}
    if "first_recorded_at" in text:
        seen = seen - {"EU"} | {"EU+7"}
    assert seen == FIVE[member]


def test_japan_shows_notices_for_shortage_response_only(committed, caller):
    research = notices(committed.decide(caller("KR", purpose="policy-research")))
    assert "'JP'" not in research
    assert "'JP'" in notices(committed.decide(caller("KR")))


def test_korea_shows_bands_of_stock_and_never_quantities(committed, caller):
    decided = committed.decide(caller("US"))
    assert "'KR'" in decided.predicate("StockReport", Group.OPERATIONAL).sql("n")
    assert "'KR'" not in decided.predicate("StockReport", Group.COMMERCIAL).sql("n")


def test_india_shows_public_fields_alone(committed, caller):
    decided = committed.decide(caller("US"))
    opened = {
        record_type
        for (record_type, _), sight in decided.sights.items()
        if "in-public/1" in sight.exact.agreements
    }
    assert opened == {
        "Product",
        "Ingredient",
        "Package",
        "Organization",
        "QualityAlert",
        "PriceCeiling",
    }
    assert all(
        group is Group.PUBLIC
        for (_, group), sight in decided.sights.items()
        if "in-public/1" in sight.exact.agreements
    )


@pytest.mark.parametrize("group", [Group.NATIVE, Group.RESTRICTED])
def test_native_and_restricted_fields_stay_with_their_owner(committed, caller, group):
    decided = committed.decide(caller("US"))
    for action in ALLIANCE.actions_at(Level.READ):
        if action.group is group:
            found = decided.predicate(action.record_type, group)
            assert found.sql("n") == """"n"."origin" = 'US'"""


def test_the_substance_register_is_open_to_every_caller(committed, caller):
    for one in (caller("IN"), caller("ALLIANCE", role="secretariat"), caller("KR", role="auditor")):
        assert committed.decide(one).predicate("Substance", Group.PUBLIC).is_always


def test_the_alliances_own_bodies_see_no_members_records(committed, caller):
    for role in ("secretariat", "auditor"):
        decided = committed.decide(caller("ALLIANCE", role=role))
        seen = [place for place, sight in decided.sights.items() if sight.exact.condition != FALSE]
        assert sorted(seen) == [("RegisterEntry", Group.PUBLIC), ("Substance", Group.PUBLIC)]
        assert not any(sight.roundings or sight.counting for sight in decided.sights.values())


async def test_every_predicate_runs_on_the_real_tables(committed, caller, connection):
    decided = committed.decide(caller("KR"))
    for (record_type, _), sight in decided.sights.items():
        table = RECORD_TYPES[record_type].table
        await connection.execute(f'SELECT {sight.exact.sql("-")} FROM {table} AS "-"')
