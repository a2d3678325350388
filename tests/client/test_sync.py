"""What a target holds after runs is what the hub shows, and nothing else."""

from uuid import uuid4

import pytest

from hub_client import feed
from hub_client.errors import ComeAgain, Misconfigured
from hub_client.targets import target_of
from tests.client.conftest import TYPES
from tests.client.holdings import held, shown
from tests.client.running import publishing


def test_the_first_run_brings_every_record_type_whole(target, sync, compare):
    sync(target, None)
    expected = compare(target, None)
    assert sum(map(len, expected.values())) > 100
    assert len(expected) > 10


def test_changes_are_followed(target, hub, sync, compare):
    assert sync(target).anew == 1
    before = shown(hub, TYPES)["SupplyNotice"]
    added = f'KR.SupplyNotice.{uuid4().hex}, "new"'
    with publishing(hub.database) as publish:
        changed, removed, *_ = publish.keys("SupplyNotice", "KR", 5)
        publish.change("SupplyNotice", changed, title=f'it\'s "changed", \\ and\nbroken {added}')
        publish.add("SupplyNotice", changed, added)
        publish.remove("SupplyNotice", removed)
        for key in publish.keys("SupplyNotice", "US", 3):  # seen while it is listed
            publish.change("SupplyNotice", key, listing="NO_LONGER_LISTED")
            publish.change("SupplyNotice", key, title="a later version")
    summary = sync(target)
    assert (summary.anew, summary.put > 0, summary.deleted > 0) == (0, True, True)
    after = compare(target)["SupplyNotice"]
    assert removed not in after
    assert added in after
    assert before[changed]["title"] != after[changed]["title"]


def test_a_run_without_changes_writes_nothing_anew(target, sync, compare):
    sync(target)
    summary = sync(target)
    assert (summary.anew, summary.changes, summary.put, summary.deleted) == (0, 0, 0, 0)
    compare(target)


def test_what_an_agreement_no_longer_opens_goes(target, hub, policy_folders, sync, compare):
    hub.restart(policy_folders["open"])
    sync(target)
    wide = compare(target)
    hub.restart(policy_folders["by_row"])
    assert sync(target).anew == 1
    narrow = compare(target)
    assert len(narrow["SupplyNotice"]) < len(wide["SupplyNotice"])


def test_fewer_types_are_what_the_target_holds(target, sync, compare):
    sync(target)
    assert sync(target, ["StockReport"]).anew == 1
    compare(target, ["StockReport"])
    sync(target)
    compare(target)


def test_a_type_that_the_hub_lacks_is_refused(folder_target, sync):
    with pytest.raises(Misconfigured, match="`Nothing`"):
        sync(folder_target, ["Nothing"])


def test_only_one_run_at_a_time_goes_into_a_target(target, sync):
    with target_of(target).open(), pytest.raises(ComeAgain, match="another run"):
        sync(target)


def test_an_older_row_never_replaces_a_later_one(target, hub, sync, compare, monkeypatch):
    sync(target)
    with publishing(hub.database) as publish:
        key = publish.keys("SupplyNotice", "KR", 1)[0]
        publish.change("SupplyNotice", key, title=f"later {uuid4().hex}")
    sync(target)
    compare(target)
    stale = replaying_old_records(monkeypatch)
    with publishing(hub.database) as publish:
        publish.change("SupplyNotice", key, kind="SUSPENSION")
    sync(target)
    assert stale == [key]
    monkeypatch.undo()
    shapes = target_state(target).shapes
    assert held(target, shapes)["SupplyNotice"][key]["title"].startswith("later")


def replaying_old_records(monkeypatch):
    """Have the hub answer with records as they were long ago."""
    fetch, told = feed._records, []

    def stale(hub, shape, keys):
        for record in fetch(hub, shape, keys):
            told.append(record["key"])
            yield record | {"title": "earlier", "recordedAt": "2001-01-01T00:00:00.000Z"}

    monkeypatch.setattr(feed, "_records", stale)
    return told


def target_state(target):
    opened = target_of(target)
    with opened.open():
        return opened.state()
