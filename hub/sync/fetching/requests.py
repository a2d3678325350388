"""Carry a source's requests out over the outbound module, at the pace its host wants.

A host that asks to be left alone for a short while is, and asked again; what it says of a longer
one is for the source to read. `downloading.py` goes on with bodies that break off, `hosts.py` keeps
the pace, `secrecy.py` keeps the source's key.
"""

import asyncio
from functools import partial

from federation.feed import Feed
from federation.sources.exchange import Fetch, Fetched, Request, Response, Terms
from hub.outbound import Outbound
from hub.sync.fetching.downloading import download
from hub.sync.fetching.hosts import Hosts
from hub.sync.fetching.secrecy import secret_of

MAX_PAUSE_S = 60.0
"""Longest that a pull waits for a busy host; else it fails and says when to come back."""

MAX_PAUSES = 3
"""How often it does so for one request."""

_BUSY = frozenset({429, 503})


async def fetch(
    feed: Feed, terms: Terms, outbound: Outbound, hosts: Hosts | None = None
) -> Fetched | None:
    """Fetch all bodies of one pull; None when the source still has what the last one brought.

    The source's own steps (parsing a page to find the next) run in a thread.

    Args:
        feed: what to fetch.
        terms: where and with which key; no error raised here holds the key.
        outbound: carries the requests out.
        hosts: the pace, shared by all pulls of the process; None: this fetch is the only one.

    Raises:
        FederationError: the source answered wrongly.
        HubError: it could not be reached, hangs, or sends too much.
    """
    secret = secret_of(terms.credential)
    try:
        fetched = await _converse(feed, terms, outbound, hosts or Hosts())
        if secret and fetched:
            secret.refuse(fetched.documents)
        return fetched  # noqa: TRY300 - no error of the two lines above may hold the key either
    except Exception as error:
        bare = secret.without(error) if secret else None
        if bare is None:
            raise
    raise bare  # outside of the block above, where the error with the key would be its context


async def _converse(feed: Feed, terms: Terms, outbound: Outbound, hosts: Hosts) -> Fetched | None:
    steps = feed.source.fetch(terms)
    answer: Response | None = None
    while True:
        try:
            request = await asyncio.to_thread(_advance, steps, answer)
        except _Finished as end:
            return end.fetched
        answer = await _answer(feed, request, outbound, hosts)


async def _answer(feed: Feed, request: Request, outbound: Outbound, hosts: Hosts) -> Response:
    if request.after_s:
        hosts.rest(request.url, request.after_s)
    place = partial(hosts.place, request.url, feed.source.manners)
    for _ in range(MAX_PAUSES):
        answer = await download(request, outbound, place)
        pause_s = _pause_s(answer)
        if pause_s is None or pause_s > MAX_PAUSE_S:
            return answer
        hosts.rest(request.url, pause_s)
    return await download(request, outbound, place)


def _pause_s(answer: Response) -> float | None:
    """Give the seconds that a busy source asks to be left alone for."""
    if answer.status not in _BUSY or answer.retry_at is None:
        return None
    return (answer.retry_at - answer.received_at).total_seconds()


class _Finished(Exception):
    """Carries a generator's return value out of the thread, which StopIteration can't leave."""

    def __init__(self, fetched: Fetched | None) -> None:
        super().__init__()
        self.fetched = fetched


def _advance(steps: Fetch, answer: Response | None) -> Request:
    try:
        return next(steps) if answer is None else steps.send(answer)
    except StopIteration as end:
        raise _Finished(end.value) from None
