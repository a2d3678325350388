"""A folder brought in as proposals: what differs, and that doing it twice does it once."""

from pathlib import Path

import pytest

from hub.agreements import history, proceedings
from hub.agreements.bringing import Difference, bring, compare
from hub.agreements.types import AgreementState
from hub.errors import Forbidden
from hub.policy.folder import read_folder
from tests.hub.agreements.parties import (
    AUDITOR,
    BASELINE,
    DRAFTER,
    KR,
    US,
    active,
    proposed,
    text,
)
from tests.hub.gateway.serving import write_policies

TEXTS = {
    "kr-same": text("kr-same"),
    "kr-edited": text("kr-edited"),
    "us-new": text("us-new", owner="US", recipients="{members: [KR]}"),
}


@pytest.fixture
async def folder(ground, tmp_path) -> Path:
    """A folder beside a hub that has one of its agreements, another version, and one more."""
    await active(ground, "# in other words\n" + text("kr-same"))
    await active(ground, text("kr-edited", groups="[public, operational]"))
    await active(ground, text("kr-gone"))
    return write_policies(tmp_path / "policies", BASELINE, TEXTS)


async def differences(ground, folder: Path, caller=DRAFTER):
    compared = await compare(ground, caller, read_folder(folder).agreements)
    return {each.agreement_id: each.difference for each in compared}, compared


async def test_folder_is_compared_by_what_it_says(ground, folder):
    found, _ = await differences(ground, folder)
    assert found == {
        "kr-same": Difference.SAME,
        "kr-edited": Difference.CHANGED,
        "us-new": Difference.NEW,
        "kr-gone": Difference.MISSING,
    }


async def test_new_and_changed_are_proposed_once_and_what_is_missing_stays(ground, folder):
    _, compared = await differences(ground, folder)
    proposed = await bring(ground, DRAFTER, folder, compared, "as agreed")
    assert [str(each.key) for each in proposed] == ["kr-edited@2", "us-new@1"]
    assert {each.state for each in proposed} == {AgreementState.PROPOSED}
    assert proposed[0].text == TEXTS["kr-edited"]
    found, again = await differences(ground, folder)
    assert set(found.values()) == {Difference.SAME, Difference.MISSING}
    assert await bring(ground, DRAFTER, folder, again, "as agreed") == []
    (gone,) = await history.agreement(ground, AUDITOR, "kr-gone")
    assert gone.state is AgreementState.ACTIVE


async def test_what_was_rejected_is_proposed_again_only_by_hand(ground, folder):
    for name, owner in (("kr-edited", KR), ("us-new", US)):
        key = await proposed(ground, TEXTS[name])
        await proceedings.reject(ground, owner, key, "not like this")
    found, compared = await differences(ground, folder)
    assert found["kr-edited"] is found["us-new"] is Difference.REJECTED
    assert [str(each.kept.key) for each in compared if each.kept and not each.is_due] == [
        "kr-edited@2", "kr-gone@1", "kr-same@1", "us-new@1",
    ]  # fmt: skip
    assert await bring(ground, DRAFTER, folder, compared, "as agreed") == []
    await proceedings.draft(ground, DRAFTER, TEXTS["us-new"], "let us ask again")
    _, compared = await differences(ground, folder)
    again = await bring(ground, DRAFTER, folder, compared, "as agreed")
    assert [str(each.key) for each in again] == ["us-new@2"]


async def test_another_text_than_the_rejected_one_is_proposed(ground, folder):
    key = await proposed(ground, text("us-new", owner="US", recipients="{members: [JP]}"))
    await proceedings.reject(ground, US, key, "not like this")
    found, _ = await differences(ground, folder)
    assert found["us-new"] is Difference.NEW


async def test_draft_that_was_left_lying_is_proposed(ground, folder):
    await proceedings.draft(ground, DRAFTER, TEXTS["us-new"], "first")
    _, compared = await differences(ground, folder)
    proposed = await bring(ground, DRAFTER, folder, compared, "as agreed")
    assert [str(each.key) for each in proposed] == ["kr-edited@2", "us-new@1"]


async def test_what_another_owner_would_have_to_draft_is_refused(ground, folder):
    _, compared = await differences(ground, folder, US)
    with pytest.raises(Forbidden):
        await bring(ground, KR, folder, compared, "ours")
