"""Carry a source's requests out over the outbound module."""

import asyncio

from federation.feed import Feed
from federation.sources.exchange import Fetch, Fetched, Request, Response, Terms
from hub.outbound import Outbound


async def fetch(feed: Feed, terms: Terms, outbound: Outbound) -> Fetched | None:
    """Fetch all bodies of one pull; None when the source still has what the last one brought.

    The source's own steps (parsing a page to find the next) run in a thread.

    Raises:
        FederationError: the source answered wrongly.
        HubError: it could not be reached, hangs, or sends too much.
    """
    steps = feed.source.fetch(terms)
    answer: Response | None = None
    while True:
        try:
            request = await asyncio.to_thread(_advance, steps, answer)
        except _Finished as end:
            return end.fetched
        got = await outbound.get(request.url, request.headers)
        answer = Response(got.status, got.headers, got.content)


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
