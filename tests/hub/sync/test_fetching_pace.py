"""How hard hosts are asked, and how a busy one is waited for."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.sources.exchange import USUAL, Fetched, Manners, Request, Terms
from hub.outbound import Limits
from hub.sync.fetching.hosts import Hosts
from hub.sync.fetching.requests import MAX_PAUSES, fetch
from tests.hub.store.lists import NOTICES

HERE = "http://list.test"


class Clock:
    """Time that passes only while somebody waits for it."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def hosts(clock):
    return Hosts(clock.sleep, clock)


@dataclass(frozen=True)
class Source:
    """Asks for the given requests, one after another, and keeps the last answer."""

    requests: tuple[Request, ...]
    manners: Manners = USUAL
    base_url: str = HERE
    credential_name: str | None = None

    def fetch(self, _terms):
        for request in self.requests:
            answer = yield request
        answer.require_ok("the list")
        return Fetched((Document("x", answer.content),))


class Host:
    """Answers at once with prepared statuses, then with 200; keeps when it was asked."""

    limits = Limits()

    def __init__(self, clock, *answers):
        self.clock = clock
        self.left = list(answers)
        self.asked_at = []
        self.under_way = self.most = 0

    async def receive(self, _method, _url, _headers, receiver):
        self.asked_at.append(self.clock.now)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        status, headers = self.left.pop(0) if self.left else (200, {})
        receiver.begin(status, headers)
        receiver.take(b"x")
        receiver.end()


def fetching(hosts, host, *requests, manners=USUAL):
    requests = requests or (Request(HERE),)
    feed = replace(NOTICES, source=Source(requests, manners))
    return fetch(feed, Terms(HERE), host, hosts)


async def test_requests_keep_the_gap_over_all_pulls_of_a_host(hosts, clock):
    host = Host(clock)
    manners = Manners(at_once=1, gap_s=0.25)
    pulls = [fetching(hosts, host, *[Request(HERE)] * 4, manners=manners) for _ in range(3)]
    await asyncio.gather(*pulls)
    assert len(host.asked_at) == 12
    gaps = [after - before for before, after in zip(host.asked_at, host.asked_at[1:], strict=False)]
    assert min(gaps) >= 0.25
    assert host.asked_at[-1] == 1000 + 11 * 0.25, "and no longer than that"


async def test_no_more_requests_are_under_way_than_a_host_takes(hosts, clock):
    host = Host(clock)
    await asyncio.gather(*(fetching(hosts, host, manners=Manners(at_once=2)) for _ in range(9)))
    assert (host.most, len(host.asked_at)) == (2, 9)


async def test_hosts_do_not_wait_for_one_another(hosts, clock):
    host = Host(clock)
    manners = Manners(at_once=1, gap_s=100)
    others = [Request(f"http://list-{number}.test/") for number in range(5)]
    await asyncio.gather(*(fetching(hosts, host, one, manners=manners) for one in others))
    assert clock.now == 1000


async def test_place_of_a_pull_that_is_stopped_is_free_again(hosts):
    manners = Manners(at_once=1)
    taken = asyncio.Event()

    async def hold():
        async with hosts.place(HERE, manners):
            taken.set()
            await asyncio.Event().wait()

    holding = asyncio.create_task(hold())
    await taken.wait()
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    async with asyncio.timeout(1), hosts.place(HERE, manners):
        pass


async def test_source_that_wants_to_wait_lets_its_host_rest(hosts, clock):
    host = Host(clock)
    await fetching(hosts, host, Request(HERE), Request(HERE, after_s=4), Request(HERE))
    assert host.asked_at == [1000, 1004, 1004]


@pytest.mark.parametrize("status", [429, 503])
async def test_busy_host_is_asked_again_when_it_says(hosts, clock, status):
    host = Host(clock, (status, {"retry-after": "7"}))
    fetched = await fetching(hosts, host)
    assert fetched.documents[0].content == b"x"
    assert len(host.asked_at) == 2
    assert host.asked_at[1] == pytest.approx(1007)


async def test_busy_host_is_left_alone_by_other_pulls_too(hosts, clock):
    host = Host(clock, (429, {"retry-after": "7"}))
    await fetching(hosts, host)
    await fetching(hosts, host)
    assert min(host.asked_at[1:]) >= 1006.9


async def test_host_that_stays_busy_is_given_up_with_when_to_come_back(hosts, clock):
    host = Host(clock, *[(503, {"retry-after": "7"})] * 9)
    before = datetime.now(UTC)
    with pytest.raises(SourceFault, match="HTTP 503") as given_up:
        await fetching(hosts, host)
    assert len(host.asked_at) == MAX_PAUSES + 1
    assert given_up.value.public_code == "SOURCE_BUSY"
    after = datetime.now(UTC)
    wait = timedelta(seconds=7)
    assert before + wait <= given_up.value.retry_at <= after + wait


async def test_host_that_wants_to_be_left_alone_for_long_is_not_waited_for(hosts, clock):
    host = Host(clock, (429, {"retry-after": "61"}))
    with pytest.raises(SourceFault) as given_up:
        await fetching(hosts, host)
    assert (len(host.asked_at), clock.now) == (1, 1000)
    assert given_up.value.retry_at > datetime.now(UTC) + timedelta(seconds=55)


async def test_other_error_is_no_reason_to_wait(hosts, clock):
    host = Host(clock, (500, {"retry-after": "7"}))
    with pytest.raises(SourceFault, match="HTTP 500"):
        await fetching(hosts, host)
    assert len(host.asked_at) == 1
