"""How a source's requests are carried out, one after another."""

import threading
from dataclasses import dataclass, replace

import pytest

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.sources.exchange import USUAL, Fetched, Manners, Request, Terms
from hub.errors import MemberFault
from hub.outbound import Limits
from hub.sync.fetching.requests import fetch
from tests.hub.store.lists import NOTICES


@dataclass(frozen=True)
class Steps:
    """A source that runs the generator it is given."""

    steps: object
    base_url: str = "http://list.test"
    credential_name: str | None = None
    manners: Manners = USUAL

    def fetch(self, terms):
        return self.steps(terms)


class Echo:
    """Answers each request with its own URL."""

    limits = Limits()

    def __init__(self):
        self.asked = []

    async def receive(self, method, url, headers, receiver):
        assert method == "GET"
        self.asked.append((url, dict(headers)))
        if url.endswith("broken"):
            raise MemberFault("it broke")
        receiver.begin(200, {"etag": '"1"'})
        receiver.take(url.encode())
        receiver.end()


def _fetch(steps, outbound, **terms):
    feed = replace(NOTICES, source=Steps(steps))
    return fetch(feed, Terms("http://list.test", **terms), outbound)


async def test_each_answer_goes_back_before_the_next_request_is_made():
    threads = set()

    def steps(terms):
        threads.add(threading.current_thread())
        first = yield Request(f"{terms.base_url}/1", {"if-none-match": terms.validator})
        second = yield Request(first.content.decode() + "/2")
        return Fetched((Document("x", second.content),), second.headers["etag"])

    outbound = Echo()
    fetched = await _fetch(steps, outbound, validator="v")
    assert fetched == Fetched((Document("x", b"http://list.test/1/2"),), '"1"')
    assert outbound.asked == [
        ("http://list.test/1", {"if-none-match": "v"}),
        ("http://list.test/1/2", {}),
    ]
    assert threading.main_thread() not in threads


async def test_source_that_stands_still_fetches_nothing():
    def steps(_):
        return None
        yield

    outbound = Echo()
    assert await _fetch(steps, outbound) is None
    assert outbound.asked == []


async def test_fault_of_the_source_passes_through():
    def steps(_):
        yield Request("http://list.test/1")
        raise SourceFault("said no")

    with pytest.raises(SourceFault, match="said no"):
        await _fetch(steps, Echo())


async def test_failure_on_the_way_ends_the_fetch():
    def steps(_):
        yield Request("http://list.test/broken")
        yield Request("http://list.test/never")

    outbound = Echo()
    with pytest.raises(MemberFault, match="it broke"):
        await _fetch(steps, outbound)
    assert len(outbound.asked) == 1
