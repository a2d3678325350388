"""What an operator can set, and that the manual names it all."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from federation.members.registry import FEEDS
from federation.records.declaration import Origin
from hub.errors import InvalidInput
from hub.settings import ROOT, Settings, credential

MANUAL = ROOT / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HUB_{name.upper()}", raising=False)


def _tables():
    """The manual's tables: by heading, each row's cells."""
    tables, heading = {}, ""
    for line in MANUAL.read_text("utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            tables.setdefault(heading, []).append(cells)
    return tables


def _shown(default):
    """A default as the manual writes it."""
    if default is None:
        return "unset"
    if isinstance(default, Path):
        return f"`{default.relative_to(ROOT) if default.is_absolute() else default}`"
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def test_manual_has_every_setting_with_its_default_and_meaning():
    expected = [
        [
            f"`HUB_{name.upper()}`",
            _shown(field.get_default(call_default_factory=True)),
            field.description,
        ]
        for name, field in Settings.model_fields.items()
    ]
    assert _tables()["The hub's own"] == expected


def test_manual_has_every_key_a_feed_may_need():
    needed = {}
    for feed in FEEDS.values():
        if feed.source.credential_name:
            needed.setdefault(feed.source.credential_name, []).append(feed.id)
    assert _tables()["Keys of members' sources"] == [
        [f"`{name}`", ", ".join(f"`{feed}`" for feed in feeds)] for name, feeds in needed.items()
    ]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("STATE_DIR", "/srv/hub", Path("/srv/hub")),
        ("DATABASE_URL", "postgresql://hub@db/hub", "postgresql://hub@db/hub"),
        ("LANDING_URL", "s3://landing", "s3://landing"),
        ("LANDING_DAYS", "30", 30),
        ("POLICIES_DIR", "/srv/policies", Path("/srv/policies")),
        ("OPERATIONS_DIR", "/srv/operations", Path("/srv/operations")),
        ("TRUSTED_DOCUMENTS_ONLY", '["IN", "JP"]', [Origin.IN, Origin.JP]),
        ("INTROSPECTION_ROLES", '["secretariat"]', ["secretariat"]),
        ("SUGGESTION_ROLES", '["agency", "auditor"]', ["agency", "auditor"]),
        ("MODE_QUORUM", "4", 4),
        ("EXPORT_HOURS", "48", 48),
        ("PUBLIC_URL", "https://hub.example", "https://hub.example"),
        ("EMBEDDED_ISSUER", "false", False),
        ("SOURCE_BASE_URLS", '{"eu.fr_products": "http://x"}', {"eu.fr_products": "http://x"}),
        ("ALLOW_LOOPBACK_SOURCES", "true", True),
        ("TRUSTED_PROXIES", '["10.0.0.0/8"]', [ip_network("10.0.0.0/8")]),
        ("DPOP_UNAIDED_SECONDS", "0", 0),
        ("CLIENT_RATE", "10", 10),
        ("MEMBER_RATE", "20", 20),
        ("CLIENT_QUOTA", "30", 30),
        ("MEMBER_QUOTA", "40", 40),
        ("SLOW_SECONDS", "0.5", 0.5),
        ("WORKER", "false", False),
        ("PULL_SECONDS", "600", 600),
        ("DRAIN_SECONDS", "20", 20.0),
        ("METRICS_NETWORKS", '["10.0.0.0/8"]', [ip_network("10.0.0.0/8")]),
    ],
)
def test_setting_is_read_from_the_environment(monkeypatch, name, text, value):
    monkeypatch.setenv(f"HUB_{name}", text)
    assert getattr(Settings(), name.lower()) == value


def test_every_setting_is_tried_above():
    (mark,) = test_setting_is_read_from_the_environment.pytestmark
    assert {name.lower() for name, *_ in mark.args[1]} == set(Settings.model_fields)


def test_loopback_and_other_addresses_are_closed_unless_opened():
    settings = Settings()
    assert settings.allow_loopback_sources is False
    assert settings.source_base_urls == {}


def test_no_secret_has_a_default():
    secret = re.compile(r"key|secret|token|password", re.IGNORECASE)
    assert [name for name in Settings.model_fields if secret.search(name)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ALLOW_LOOPBACK_SOURCES", "perhaps"),
        ("SOURCE_BASE_URLS", '["x"]'),
        ("MODE_QUORUM", "0"),
        ("MODE_QUORUM", "6"),
        ("CLIENT_RATE", "-1"),
        ("CLIENT_RATE", "0.5"),
        ("MEMBER_QUOTA", "unset"),
    ],
)
def test_setting_of_another_kind_is_refused_by_name(monkeypatch, name, text):
    monkeypatch.setenv(f"HUB_{name}", text)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_setting_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError, match="no_such"):
        Settings(no_such="x")


def test_key_is_read_from_the_environment_or_a_file_without_its_line_end(monkeypatch, tmp_path):
    monkeypatch.delenv("A_KEY", raising=False)
    assert credential(None) is None
    assert credential("A_KEY") is None
    monkeypatch.setenv("A_KEY", "from the environment")
    assert credential("A_KEY") == "from the environment"
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("A_KEY_FILE", str(tmp_path / "key"))
    assert credential("A_KEY") == "from a file"


def test_key_file_that_can_not_be_read_names_the_setting_and_not_the_path(monkeypatch, tmp_path):
    monkeypatch.setenv("A_KEY_FILE", str(tmp_path / "gone"))
    with pytest.raises(InvalidInput, match="`A_KEY_FILE` names: check the path") as refused:
        credential("A_KEY")
    assert str(tmp_path) not in str(refused.value)
