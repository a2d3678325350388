"""A submission that the gate holds: what becomes of it, and of those that are filed after it."""

from decimal import Decimal

import pytest

from federation.gate import GateMode
from hub.identity.types import Purpose
from hub.pulling import open_pulls
from hub.store.database import writing_pool
from hub.sync.releasing import reject, release, set_mode
from tests.hub.gateway.serving import caller_of
from tests.hub.submissions.filing_scene import REPORT, STOCK

BAD = REPORT | {"report_id": "R-2", "as_of": "soon"}


@pytest.fixture
async def tools(filing):
    """What two people decide on held pulls with."""
    async with (
        writing_pool(filing.url) as pool,
        open_pulls(filing.settings, pool) as pulls,
    ):
        yield pulls


async def hold(filing):
    held = await filing.post_partial([REPORT, BAD])
    assert held["state"] == "HELD"
    return held


async def state_of(filing, submission):
    found = (await filing.data("{ submissions(first: 9) { id state } }"))["submissions"]
    return {one["id"]: one["state"] for one in found}[submission["id"]]


async def test_a_held_submission_is_published_once_two_people_release_it(filing, tools):
    held = await hold(filing)
    for client in ("kr-mfds", "secretariat"):
        assert await filing.current("key") == []
        person = caller_of(client, Purpose.SHORTAGE_RESPONSE)
        await release(tools, person, held["pull"], "looked at it")
    assert await filing.current("national_id") == [("R-1",)]
    assert await state_of(filing, held) == "PUBLISHED"


async def test_a_rejected_submission_says_so(filing, tools):
    held = await hold(filing)
    for client in ("kr-mfds", "secretariat"):
        person = caller_of(client, Purpose.SHORTAGE_RESPONSE)
        await reject(tools.pool, person, held["pull"], "looked at it")
    assert await filing.current("key") == []
    assert await state_of(filing, held) == "REJECTED"


async def test_nothing_takes_the_place_of_a_held_submission_without_its_records(filing):
    held = await hold(filing)
    answer = await filing.file([REPORT | {"report_id": "R-3"}])
    assert answer["state"] == "REFUSED"
    defect = answer["defects"][0]
    assert (defect["rule"], defect["found"]) == ("HELD_BEFORE", held["id"])
    assert "names 1 records that yours does not" in defect["mend"]
    assert await state_of(filing, held) == "HELD"


async def test_a_mended_submission_takes_the_place_of_the_held_one(filing):
    held = await hold(filing)
    answer = await filing.file([REPORT, BAD | {"as_of": "2026-03-30"}])
    assert answer["state"] == "PUBLISHED", answer
    assert await state_of(filing, held) == "SUPERSEDED"
    assert len(await filing.current("key")) == 2


async def test_a_frozen_feed_holds_what_is_filed(filing, tools):
    await filing.file([REPORT])
    agency = caller_of("kr-mfds", Purpose.SHORTAGE_RESPONSE)
    await set_mode(tools.pool, agency, STOCK, GateMode.FREEZE, "an audit")
    answer = await filing.file([REPORT | {"quantity": "1"}])
    await set_mode(tools.pool, agency, STOCK, None, "the audit is over")
    assert (answer["state"], answer["reasonCode"]) == ("HELD", "FROZEN")
    assert await filing.current("quantity") == [(Decimal(1250),)]
