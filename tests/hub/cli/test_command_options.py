"""A setting that can't be used is told in one line, by name and without its value."""

import pytest

from hub.cli.options import settings_for
from hub.errors import InvalidInput
from hub.store.database import migrate


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HUB_MODE_QUORUM", "9", r"`HUB_MODE_QUORUM` can't be used: input should be less than"),
        ("HUB_EMBEDDED_ISSUER", "perhaps", "`HUB_EMBEDDED_ISSUER` can't be used: input should be"),
        ("HUB_SOURCE_BASE_URLS", "{perhaps", 'no JSON: .* "source_base_urls" .*: write it as JSON'),
    ],
)
def test_setting_that_can_not_be_used_is_named(monkeypatch, name, value, told):
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=told) as caught:
        settings_for(None)
    assert value not in caught.value.message


@pytest.mark.parametrize("url", ["mysql://me:secret@db/x", "secret", "postgresql://me:secret@[x/"])
async def test_database_url_that_can_not_be_read_is_refused_without_its_password(url):
    with pytest.raises(InvalidInput, match="HUB_DATABASE_URL can't be read: write it as") as caught:
        await migrate(url)
    assert "secret" not in caught.value.message
