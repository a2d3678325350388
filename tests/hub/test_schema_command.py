"""`hub schema` writes what is stale, but no edition that says less than the truth."""

import pytest

from federation.members.crosswalks import CROSSWALKS
from federation.vocabularies import edition
from hub.cli import schema as command


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """A lock of the test's own, and nothing else to write."""
    path = tmp_path / "edition.lock"
    monkeypatch.setattr(edition, "LOCK", path)
    written = {path: lambda: edition.lock(CROSSWALKS.values())}
    monkeypatch.setattr(command, "WRITTEN", written)
    return path


def test_the_first_lock_is_written(lock):
    command.schema()
    assert lock.read_text(encoding="utf-8") == edition.lock(CROSSWALKS.values())


@pytest.mark.parametrize("check", [True, False])
def test_a_changed_set_without_a_raised_edition_is_refused(lock, capsys, monkeypatch, check):
    monkeypatch.setattr(command, "ROOT", lock.parent)
    other = edition.lock(list(CROSSWALKS.values())[1:])
    lock.write_text(other, encoding="utf-8")
    with pytest.raises(SystemExit) as refusal:
        command.schema(check=check)
    assert refusal.value.code == 1
    assert "raise `EDITION`" in capsys.readouterr().err
    assert lock.read_text(encoding="utf-8") == other


def test_a_changed_set_with_a_raised_edition_is_written(lock, monkeypatch):
    lock.write_text(edition.lock(list(CROSSWALKS.values())[1:]), encoding="utf-8")
    monkeypatch.setattr(edition, "EDITION", edition.EDITION + 1)
    command.schema()
    assert lock.read_text(encoding="utf-8") == edition.lock(CROSSWALKS.values())
