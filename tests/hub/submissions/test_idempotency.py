"""What is sent again with its key is answered as the first time, and published once."""

import asyncio

import pytest

from hub.submissions.kept import KEY_DAYS
from tests.hub.submissions.filing_scene import NOTICE, NOTICES, REPORT, csv_of, rules

OTHER = REPORT | {"report_id": "R-2"}


async def pulls(filing):
    return await filing.query("SELECT id, outcome FROM pull ORDER BY id")


async def test_the_same_with_the_same_key_is_answered_as_the_first_time(filing):
    first = await filing.post(csv_of([REPORT]), key="k-1")
    again = await filing.post(csv_of([REPORT]), key="k-1")
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json() | {"isRepeated": True}
    assert len(await pulls(filing)) == 1


async def test_a_refusal_is_repeated_too(filing):
    bad = csv_of([REPORT | {"quantity": "x"}])
    first = await filing.post(bad, key="k-1")
    again = await filing.post(bad, key="k-1")
    assert (first.status_code, again.status_code) == (422, 422)
    assert rules(again.json()) == rules(first.json())
    assert await filing.query("SELECT count(*) FROM submission") == [(1,)]


@pytest.mark.parametrize(
    "other",
    [
        {"content": csv_of([OTHER])},
        {"partial": "true"},
        {"content": csv_of([NOTICE]), "feed": NOTICES},
    ],
)
async def test_another_submission_with_the_same_key_is_a_conflict(filing, other):
    await filing.post(csv_of([REPORT]), key="k-1")
    answer = await filing.post(**{"content": csv_of([REPORT]), "key": "k-1"} | other)
    [error] = answer.json()["errors"]
    assert answer.status_code == 409
    assert error["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert "draw a new key" in error["message"]
    assert len(await pulls(filing)) == 1


async def test_two_at_once_with_one_key_are_one_submission(filing):
    answers = await asyncio.gather(
        *(filing.post(csv_of([REPORT]), key="k-1") for _ in range(6)),
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(answer.json()["isRepeated"] for answer in answers) == [False] + [True] * 5
    assert await filing.query("SELECT count(*) FROM submission") == [(1,)]
    assert [outcome for _, outcome in await pulls(filing)] == ["PUBLISHED"]


async def test_one_key_for_two_feeds_at_once_is_kept_by_one_of_them(filing):
    answers = await asyncio.gather(
        filing.post(csv_of([REPORT]), key="k-1"),
        filing.post(csv_of([NOTICE]), key="k-1", feed=NOTICES),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await filing.query("SELECT count(*) FROM submission") == [(1,)]


async def test_submissions_at_once_are_all_published(filing):
    rows = [REPORT | {"report_id": f"R-{n}"} for n in range(5)]
    answers = await asyncio.gather(*(filing.post(csv_of([row])) for row in rows))
    assert [answer.json()["state"] for answer in answers] == ["PUBLISHED"] * 5
    assert len(await filing.current("key")) == 5


async def test_keys_of_two_clients_are_two(filing):
    first = await filing.file([REPORT], key="k-1")
    other = await filing.file([OTHER], key="k-1", client="kr-other")
    assert first["id"] != other["id"]
    assert other["state"] == "PUBLISHED"


async def test_a_key_is_free_again_after_its_time(filing):
    first = await filing.file([REPORT], key="k-1")
    past = f"received_at - interval '{KEY_DAYS} days 1 minute'"
    await filing.execute(f"UPDATE submission SET received_at = {past}")
    other = await filing.file([OTHER], key="k-1")
    assert (other["state"], other["isRepeated"]) == ("PUBLISHED", False)
    kept = await filing.query("SELECT id, idempotency_key FROM submission ORDER BY received_at")
    assert kept == [(first["id"], None), (other["id"], "k-1")]


@pytest.mark.parametrize("key", ["x" * 201, "\x07"])
async def test_a_key_that_is_none_is_refused(filing, key):
    answer = await filing.post(csv_of([REPORT]), key=key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY"


async def test_without_a_key_each_is_a_submission_of_its_own(filing):
    first = await filing.file([REPORT])
    second = await filing.file([REPORT])
    assert first["id"] != second["id"]
    assert len(await filing.query("SELECT FROM stock_report")) == 1


@pytest.mark.parametrize("was_published", [False, True])
async def test_what_was_cut_off_is_published_once_it_is_sent_again(filing, was_published):
    """The hub stopped after the submission was kept: before its pull, or before the word of it."""
    await filing.file([REPORT])
    gone = [{"action": "WITHDRAW", "report_id": "R-1"}, OTHER]
    first = await filing.file(gone, key="k-1")
    await filing.execute(
        "UPDATE submission SET state = 'RECEIVED', pull_id = NULL WHERE id = %s", first["id"]
    )
    if not was_published:
        await filing.execute("DELETE FROM feed_state")
        await filing.execute("DELETE FROM pull WHERE id = %s", first["pull"])
        await filing.execute("UPDATE stock_report SET listing = 'LISTED'")
    again = await filing.file(gone, key="k-1")
    assert (again["id"], again["state"]) == (first["id"], "PUBLISHED")
    assert (again["pull"] == first["pull"]) is was_published
    assert await filing.current("national_id, listing") == [
        ("R-1", "NO_LONGER_LISTED"),
        ("R-2", "LISTED"),
    ]


async def test_what_failed_may_be_sent_again_with_its_key(filing):
    first = await filing.file([REPORT], key="k-1")
    await filing.execute("DELETE FROM feed_state")
    await filing.execute("UPDATE submission SET state = 'FAILED', pull_id = NULL")
    await filing.execute("UPDATE pull SET outcome = 'FAILED'")
    again = await filing.file([REPORT], key="k-1")
    assert (again["id"], again["state"]) == (first["id"], "PUBLISHED")
    assert [outcome for _, outcome in await pulls(filing)] == ["FAILED", "PUBLISHED"]
