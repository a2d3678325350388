"""No more passes than rate and quota allow, and `Retry-After` is true."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from hub.errors import RateLimited
from hub.identity import quotas as quotas_module
from hub.identity.quotas import BURST_S, KEPT_DAYS, Limits, RequestQuotas, open_quotas
from hub.identity.types import Caller, Purpose
from hub.store.database import writing_pool

CALLER = Caller("i", "s", "program", "KR", "o", frozenset(), Purpose.EXERCISE, False, "t")
OTHER = replace(CALLER, client="another program")


class Clock:
    """A clock that goes when it is told."""

    def __init__(self, now=1e6):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def pool(database_url):
    async with writing_pool(database_url) as opened:
        yield opened
        async with opened.connection() as connection:
            await connection.execute("DELETE FROM request_count")


async def rows(pool, sql):
    async with pool.connection() as connection:
        cursor = await connection.execute(sql)
        return await cursor.fetchall() if cursor.description else []


def passes(quotas, caller=CALLER):
    try:
        quotas.take(caller)
    except RateLimited:
        return False
    return True


def refusal(quotas, caller=CALLER):
    with pytest.raises(RateLimited) as refused:
        quotas.take(caller)
    return refused.value


def refused_so_far(member, code):
    labels = {"member": member, "code": code}
    return REGISTRY.get_sample_value("hub_requests_refused_total", labels) or 0


def test_a_burst_passes_and_then_as_many_as_the_rate_allows(clock):
    quotas = RequestQuotas(Limits(client_rate=4), clock)
    assert [passes(quotas) for _ in range(4 * BURST_S + 1)] == [True] * 4 * BURST_S + [False]
    clock.now += 0.5
    assert [passes(quotas) for _ in range(3)] == [True, True, False]


def test_the_refusal_names_the_limit_and_when_it_opens(clock):
    quotas = RequestQuotas(Limits(client_rate=1), clock)
    for _ in range(BURST_S):
        quotas.take(CALLER)
    refused = refusal(quotas)
    assert (refused.status, refused.public_code, refused.retry_after_s) == (429, "RATE_LIMITED", 2)
    assert refused.message == (
        "the client `program` asks more than 1 times a second: ask again in 2 s"
    )


def test_a_member_is_limited_over_all_its_clients_and_no_other_member_is(clock):
    quotas = RequestQuotas(Limits(member_rate=1), clock)
    clients = [replace(CALLER, client=str(number)) for number in range(BURST_S)]
    assert all(passes(quotas, each) for each in clients)
    assert refusal(quotas, OTHER).message.startswith("the member `KR` asks more than 1 times")
    assert passes(quotas, replace(CALLER, member="US"))


@pytest.mark.parametrize("change", [{"client": "x"}, {"issuer": "x"}, {"member": "US"}])
def test_clients_differ_by_name_issuer_and_member(clock, change):
    quotas = RequestQuotas(Limits(client_rate=1), clock)
    for _ in range(BURST_S):
        quotas.take(CALLER)
    assert not passes(quotas)
    assert passes(quotas, replace(CALLER, **change))


@pytest.mark.parametrize("change", [{"subject": "x"}, {"token_id": "x"}, {"key": "x"}])
def test_a_new_token_or_another_person_does_not_refill_a_clients_bucket(clock, change):
    quotas = RequestQuotas(Limits(client_rate=1), clock)
    for _ in range(BURST_S):
        quotas.take(CALLER)
    assert not passes(quotas, replace(CALLER, **change))


def test_without_limits_all_pass(clock):
    quotas = RequestQuotas(Limits(), clock)
    assert all(passes(quotas) for _ in range(10_000))


def test_a_refused_request_takes_nothing(clock):
    quotas = RequestQuotas(Limits(client_rate=1, member_rate=2), clock)
    for _ in range(BURST_S):
        quotas.take(CALLER)
    for _ in range(100):
        assert not passes(quotas)
    assert all(passes(quotas, OTHER) for _ in range(BURST_S))
    clock.now += BURST_S
    assert all(passes(quotas) for _ in range(BURST_S))


@given(
    rate=st.integers(1, 1000),
    steps=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 3000)), max_size=8),
)
def test_retry_after_is_true_and_no_window_holds_more_than_burst_and_rate(rate, steps):
    clock = Clock()
    quotas = RequestQuotas(Limits(client_rate=rate), clock)
    started, passed = clock.now, 0
    for pause, requests in steps:
        clock.now += pause
        for _ in range(requests):
            if not passes(quotas):
                break
            passed += 1
        assert passed <= rate * (BURST_S + clock.now - started) + 1e-3
        if not passes(quotas):
            wait_s = refusal(quotas).retry_after_s
            assert 1 <= wait_s <= 2
            clock.now += wait_s
            assert passes(quotas)
            passed += 1
        else:
            passed += 1


def test_a_clock_that_stands_still_neither_opens_nor_locks(clock):
    quotas = RequestQuotas(Limits(client_rate=1), clock)
    assert sum(passes(quotas) for _ in range(1000)) == BURST_S
    clock.now += 1
    assert sum(passes(quotas) for _ in range(1000)) == 1


def test_the_longest_silent_client_is_forgotten_and_its_members_limit_holds(clock, monkeypatch):
    monkeypatch.setattr(quotas_module, "MAX_CLIENTS", 3)
    quotas = RequestQuotas(Limits(client_rate=1, member_rate=2), clock)
    assert sum(passes(quotas) for _ in range(20)) == BURST_S
    for number in range(3):
        quotas.take(replace(CALLER, client=str(number)))
    assert len(quotas._clients._full_at) == len(quotas._uncounted) == 3
    assert sum(passes(quotas) for _ in range(20)) == BURST_S - 3
    assert "member" in refusal(quotas).message


async def test_a_used_up_quota_refuses_from_the_next_count_to_the_end_of_the_day(pool, clock):
    quotas = RequestQuotas(Limits(client_quota=3), clock)
    for _ in range(2):
        quotas.take(CALLER)
    await quotas.count(pool)
    quotas.take(CALLER)
    await quotas.count(pool)
    refused = refusal(quotas)
    assert (refused.status, refused.public_code) == (429, "QUOTA_USED_UP")
    assert 1 <= refused.retry_after_s <= 24 * 3600 + 1
    assert refused.message == (
        "the client `program` has used up the day's 3 requests: "
        f"ask again in {refused.retry_after_s} s, after 00:00 UTC"
    )
    assert passes(quotas, OTHER)
    clock.now += refused.retry_after_s - 1.5
    assert not passes(quotas)
    clock.now += 1.5
    assert passes(quotas)


async def test_a_quota_holds_for_all_gateways_and_after_a_restart(pool):
    limits = Limits(client_quota=4)
    here, there = RequestQuotas(limits), RequestQuotas(limits)
    for quotas in (here, there):
        assert passes(quotas)
        assert passes(quotas)
        await quotas.count(pool)
    assert passes(here)
    assert not passes(there)
    await here.count(pool)
    assert not passes(here)
    async with open_quotas(limits, pool) as restarted:
        assert not passes(restarted)
    assert await rows(pool, "SELECT member, issuer, client, requests FROM request_count") == [
        ("KR", "i", "program", 5)
    ]


async def test_a_members_quota_is_of_all_its_clients(pool):
    quotas = RequestQuotas(Limits(member_quota=2))
    for caller in (CALLER, OTHER, replace(CALLER, member="US")):
        quotas.take(caller)
    await quotas.count(pool)
    assert refusal(quotas).message.startswith("the member `KR` has used up the day's 2 requests")
    assert not passes(quotas, replace(CALLER, client="a third"))
    assert passes(quotas, replace(CALLER, member="US"))


async def test_of_two_limits_the_later_one_says_when_to_ask_again(pool, clock):
    quotas = RequestQuotas(Limits(client_rate=1, member_quota=BURST_S), clock)
    for _ in range(BURST_S):
        quotas.take(CALLER)
    await quotas.count(pool)
    clock.now += 0.5
    assert refusal(quotas).public_code == "QUOTA_USED_UP"


async def test_a_refused_request_is_not_counted(pool):
    quotas = RequestQuotas(Limits(client_rate=1))
    asked = sum(passes(quotas) for _ in range(100))
    await quotas.count(pool)
    assert await rows(pool, "SELECT requests FROM request_count") == [(asked,)]


async def test_yesterdays_requests_do_not_count_today_and_old_days_are_forgotten(pool):
    await rows(
        pool,
        "INSERT INTO request_count SELECT (now() AT TIME ZONE 'UTC')::date - ago, 'KR', 'i',"
        f" 'program', 99 FROM unnest(ARRAY[1, {KEPT_DAYS}, {KEPT_DAYS + 1}]) ago",
    )
    quotas = RequestQuotas(Limits(client_quota=2))
    quotas.take(CALLER)
    await quotas.count(pool)
    assert passes(quotas)
    kept = "SELECT requests FROM request_count ORDER BY day DESC"
    assert await rows(pool, kept) == [(1,), (99,), (99,)]


async def test_what_could_not_be_counted_is_counted_later(pool, database_url, monkeypatch):
    monkeypatch.setattr(quotas_module, "PATIENCE_S", 0.01)
    quotas = RequestQuotas(Limits(client_quota=1))
    quotas.take(CALLER)
    async with writing_pool(database_url, max_size=1) as busy, busy.connection():
        await quotas.count(busy)
    assert passes(quotas)
    monkeypatch.undo()
    await quotas.count(pool)
    assert await rows(pool, "SELECT requests FROM request_count") == [(2,)]
    assert not passes(quotas)


async def test_what_is_asked_during_a_count_is_not_lost(pool):
    quotas = RequestQuotas(Limits())
    quotas.take(CALLER)
    counting = asyncio.create_task(quotas.count(pool))
    while not counting.done():
        quotas.take(CALLER)
        await asyncio.sleep(0)
    await quotas.count(pool)
    [(counted,)] = await rows(pool, "SELECT requests FROM request_count")
    assert counted > 1
    assert quotas._uncounted == {}
    quotas.take(CALLER)
    await quotas.count(pool)
    assert await rows(pool, "SELECT requests FROM request_count") == [(counted + 1,)]


async def test_counts_go_on_by_themselves_and_once_more_at_the_end(pool, monkeypatch):
    monkeypatch.setattr(quotas_module, "COUNTED_EVERY_S", 0.01)
    counted = "SELECT member, requests FROM request_count ORDER BY member"
    async with open_quotas(Limits(), pool) as quotas:
        quotas.take(CALLER)
        while not await rows(pool, counted):
            pass
        quotas.take(replace(CALLER, member="US"))
    assert await rows(pool, counted) == [("KR", 1), ("US", 1)]


async def test_refusals_are_metered_by_member_and_never_by_client(pool):
    before = refused_so_far("KR", "RATE_LIMITED"), refused_so_far("KR", "QUOTA_USED_UP")
    quotas = RequestQuotas(Limits(client_rate=1, client_quota=1))
    while passes(quotas):
        pass
    await quotas.count(pool)
    refusal(quotas)
    after = refused_so_far("KR", "RATE_LIMITED"), refused_so_far("KR", "QUOTA_USED_UP")
    assert after == (before[0] + 1, before[1] + 1)
    [metric] = (each for each in REGISTRY.collect() if each.name == "hub_requests_refused")
    assert {name for sample in metric.samples for name in sample.labels} == {"member", "code"}
