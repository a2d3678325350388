import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.records.declaration import Group
from hub.errors import InvalidInput
from hub.policy.check import Reason, check, explain
from hub.policy.engine import load_policies


@pytest.fixture
def folder(tmp_path, policies_folder) -> Path:
    return shutil.copytree(policies_folder, tmp_path / "policies")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_committed_policies_have_no_findings(policies_folder):
    assert check(policies_folder) == []


def test_a_stale_schema_is_found_beside_everything_else(folder):
    edit(folder / "alliance.cedarschema", "ageDays", "daysOld")
    edit(folder / "agreements" / "us-supply.yaml", "owner: US", "owner: USA")
    found = [str(finding) for finding in check(folder)]
    assert "us-supply.yaml: owner" in found[0]
    assert "alliance.cedarschema: is not what the records declare" in found[1]


def test_what_admission_refuses_is_found(folder):
    edit(folder / "baseline.cedar", "principal.member", "principal.country")
    (finding,) = check(folder)
    assert "policy `baseline/owners`" in str(finding)
    assert "country" in str(finding)


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        (
            "eu-supply",
            "embargo_days: 7",
            "embargo_days: 6",
            "`eu-supply`: examples.refused 1: is allowed",
        ),
        (
            "eu-supply",
            "embargo_days: 7",
            "embargo_days: 8",
            "`eu-supply`: examples.allowed 1: is refused",
        ),
        ("jp-supply", "    purposes: [shortage-response]\n", "", "`jp-supply`: examples.refused 1"),
        (
            "kr-plans",
            "records: [StockReport]\n    groups: [public, operational]",
            "records: [StockReport]\n    groups: [public, operational, commercial]",
            "`kr-plans`: examples.refused 1",
        ),
    ],
)
def test_an_edit_that_breaks_an_example_is_found(folder, file, old, new, place):
    edit(folder / "agreements" / f"{file}.yaml", old, new)
    assert place in str(check(folder)[0])


def test_an_example_is_decided_on_its_own_day(folder):
    path = folder / "agreements" / "in-public.yaml"
    edit(path, "valid_from: 2026-01-01", "valid_from: 2026-01-01\nvalid_until: 2026-12-31")
    edit(
        path,
        "record: QualityAlert, group: public}",
        "record: QualityAlert, group: public, day: 2027-01-01}",
    )
    (finding,) = check(folder)
    assert "examples.allowed 1: is refused" in str(finding)


def test_another_agreement_that_opens_what_must_be_refused_is_found(folder):
    text = (folder / "agreements" / "kr-plans.yaml").read_text(encoding="utf-8")
    head, _, _ = text.partition("share:")
    share = "share:\n  - records: [StockReport]\n    groups: [commercial]\n"
    path = folder / "agreements" / "kr-stocks.yaml"
    path.write_text(head.replace("kr-plans", "kr-stocks") + share, encoding="utf-8")
    (finding,) = check(folder)
    assert str(finding).startswith("agreement `kr-plans`: examples.refused 1: is allowed")


@pytest.fixture(scope="module")
def committed(policies_folder):
    return load_policies(policies_folder)


def test_an_explanation_names_what_opens_a_group_and_for_which_rows(committed, caller):
    found = explain(committed, caller("JP"), "StockReport", Group.OPERATIONAL)
    assert found.opened_by == (
        Reason("baseline/owners", None, None, "origin is JP"),
        Reason(
            "kr-plans/2",
            "KR",
            "Pharmaceutical Affairs Act (Republic of Korea), reports on production and supply",
            "origin is KR",
        ),
    )
    assert found.condition == "origin is one of JP, KR"


def test_an_explanation_states_what_remains_to_be_met(committed, caller):
    found = explain(committed, caller("KR", purpose="exercise"), "SupplyNotice", Group.PUBLIC)
    conditions = {reason.policy_id: reason.condition for reason in found.opened_by}
    assert conditions["eu-supply/1"] == "origin is EU and ageDays is at least 7"
    assert "jp-supply/1" not in conditions


def test_an_explanation_names_what_forbids(admitted, agreement, caller):
    baseline = """@id("baseline/drafts") forbid(principal, action in Action::"read",
        resource is SupplyNotice) when { resource.status == "DRAFT" };"""
    found = explain(admitted(baseline, agreement()), caller("US"), "SupplyNotice", Group.PUBLIC)
    assert [reason.condition for reason in found.forbidden_by] == ["status is DRAFT"]
    assert found.condition == "origin is JP and status is not DRAFT"


def test_an_explanation_says_so_where_nothing_opens_a_group(committed, caller):
    auditor = caller("ALLIANCE", role="auditor")
    found = explain(committed, auditor, "SupplyNotice", Group.PUBLIC)
    assert (found.opened_by, found.condition) == ((), "for no row")


def test_an_explanation_is_of_the_time_asked_for(committed, caller):
    before = datetime(2025, 12, 31, tzinfo=UTC)
    found = explain(committed, caller("KR"), "SupplyNotice", Group.PUBLIC, at=before)
    assert [reason.policy_id for reason in found.opened_by] == ["baseline/owners"]


def test_a_question_about_nothing_known_is_refused(committed, caller):
    with pytest.raises(InvalidInput, match=r"read:Product\.stock"):
        explain(committed, caller("KR"), "Product", "stock")
