import shutil
from pathlib import Path

import pytest

from hub.policy.check import check, report


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
    path = folder / "agreements" / "kr-others.yaml"
    path.write_text(head.replace("kr-plans", "kr-others") + share, encoding="utf-8")
    (finding,) = check(folder)
    assert str(finding).startswith("agreement `kr-plans`: examples.refused 1: is allowed")


def test_a_draft_is_checked_among_the_others_in_place_of_its_old_self(folder, tmp_path):
    draft = tmp_path / "jp-essential.yaml"
    draft.write_bytes((folder / "agreements" / "jp-essential.yaml").read_bytes())
    assert report(folder, draft).faults == []
    edit(draft, "members: [US, EU]", "members: [US, EU, KR]")
    (finding,) = report(folder, draft).faults
    assert "agreement `jp-essential`: examples.refused 1: is allowed" in str(finding)
    edit(draft, "owner: JP", "owner: Japan")
    assert "jp-essential.yaml: owner" in str(report(folder, draft).faults[0])
