import shutil
from pathlib import Path

import pytest
import yaml

from hub.policy.findings import PolicyFault
from hub.policy.folder import MAX_FILE_BYTES, read_agreement, read_folder
from hub.policy.principals import MEMBERS

GIVEN = """
id: jp-notices
owner: JP
title: Notices
legal_basis: Some act
recipients: all
purposes: any
valid_from: 2026-01-01
share:
  - records: [SupplyNotice]
    groups: [public]
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str, name: str = "jp-notices.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refused(path: Path) -> str:
    with pytest.raises(PolicyFault) as refusal:
        read_agreement(path)
    return str(refusal.value)


def test_all_means_every_member_and_any_means_every_purpose(written):
    found = read_agreement(written(GIVEN))
    assert found.recipients.members == MEMBERS
    assert len(found.purposes) == 5
    assert found.embargo_days == 0


def test_a_share_may_set_its_own_purposes_and_embargo(written):
    text = GIVEN + "    purposes: [exercise]\n    embargo_days: 3\n    where: {status: [ONGOING]}\n"
    (share,) = read_agreement(written(text)).share
    assert (share.purposes, share.embargo_days) == (("exercise",), 3)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("owner: JP", "ownr: JP", ("owner", "missing")),
        (
            "title: Notices",
            "title: Notices\ncolour: red",
            ("colour", "unknown key", "use one of id,"),
        ),
        (
            "    groups: [public]",
            "    groups: [public]\n    grups: [x]",
            ("share.0.grups", "records"),
        ),
        (
            "recipients: all",
            "recipients: {member: [KR]}",
            ("recipients.member", "members, organisations, roles"),
        ),
        ("owner: JP", "owner: Japan", ("owner", "use 'KR', 'US'")),
        ("[public]", "[publik]", ("share.0.groups.0", "use 'public'")),
        ("[public]", "public", ("share.0.groups", "no list", "brackets")),
        ("[public]", "[]", ("share.0.groups", "empty")),
        ("purposes: any", "purposes: [war]", ("purposes.0", "'shortage-response'")),
        ("valid_from: 2026-01-01", "valid_from: soon", ("valid_from", "no date", "2027-12-31")),
        ("valid_from: 2026-01-01", "valid_from: 20260101", ("valid_from", "no date")),
        ("purposes: any", "purposes: any\nembargo_days: seven", ("embargo_days", "digits")),
        ("purposes: any", "purposes: any\nembargo_days: -1", ("embargo_days", "0 or more")),
        ("purposes: any", "purposes: any\nembargo_days: 7.5", ("embargo_days",)),
        ("purposes: any", "purposes: any\nembargo_days: 9999", ("embargo_days", "3650 or less")),
        ("title: Notices", "title: 5", ("title", "no text", "quotes")),
        ("title: Notices", 'title: " "', ("title", "characters")),
        ("title: Notices", 'title: "a\\0b"', ("title", "characters")),
        ("title: Notices", 'title: "a\\nb"', ("title", "one line")),
        ("id: jp-notices", "id: JP Notices", ("id", "characters")),
        ("id: jp-notices", "id: jp-other", ("not named after", "`jp-other.yaml`")),
        ("owner: JP", "owner: JP\nowner: US", ("`owner` stands twice",)),
        ("title: Notices", "title: &t Notices\nlegal_basis: *t", ("alias",)),
        ("title: Notices", "title: !!python/object:os.system x", ("constructor", "python/object")),
        ("title: Notices", "title: [", ("correct the YAML",)),
        ("title: Notices", "? [a]\n: b", ("no word",)),
        ("title: Notices", "yes: 1", ("title", "missing")),
    ],
)
def test_a_fault_is_named_by_file_key_and_mend(written, old, new, words):
    assert old in GIVEN
    message = refused(written(GIVEN.replace(old, new)))
    assert all(word in message for word in ("jp-notices.yaml", *words)), message


@pytest.mark.parametrize("text", ["", "just words", "[]", "- a", "42"])
def test_a_file_that_is_no_agreement_is_refused(written, text):
    assert "jp-notices.yaml: agreement: holds no keys" in refused(written(text))


def test_a_file_nested_to_exhaust_the_reader_is_refused(written):
    assert "correct the YAML" in refused(written("a: " + "[" * 20_000))


def test_a_file_over_the_limit_is_refused(written):
    assert "split it" in refused(written("#" * (MAX_FILE_BYTES + 1)))


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "jp-notices.yaml"
    path.write_bytes("title: 通知".encode("shift_jis"))
    assert "UTF-8" in refused(path)


@pytest.fixture
def folder(tmp_path, policies_folder) -> Path:
    return shutil.copytree(policies_folder, tmp_path / "policies")


def test_the_committed_folder_reads_whole(policies_folder):
    found = read_folder(policies_folder)
    assert found.findings == ()
    assert {agreement.owner for agreement in found.agreements} == set(MEMBERS)


def test_one_broken_file_does_not_hide_the_faults_of_others(folder):
    for name, old in (("us-supply", "owner"), ("kr-supply", "purposes")):
        path = folder / "agreements" / f"{name}.yaml"
        path.write_text(path.read_text().replace(f"{old}:", f"{old}s:"))
    (folder / "agreements" / "notes.txt").write_text("not an agreement")
    (folder / "agreements" / ".us-supply.yaml.swp").write_text("an editor's")
    places = {finding.place.partition(":")[0] for finding in read_folder(folder).findings}
    assert places == {"us-supply.yaml", "kr-supply.yaml", "notes.txt"}


def test_a_folder_without_its_parts_says_which(tmp_path):
    found = [str(finding) for finding in read_folder(tmp_path / "nowhere").findings]
    assert "nowhere/baseline.cedar: can't be read" in found[0]
    assert "nowhere/agreements: there is no such folder" in found[1]


def test_the_committed_agreements_are_written_for_people(policies_folder):
    for path in (policies_folder / "agreements").iterdir():
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert path.read_text(encoding="utf-8").startswith("# ")
        assert content["examples"]["allowed"]
        assert content["examples"]["refused"]
