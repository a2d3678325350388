"""The manual's own code takes what the hub sends, and its tables have all events."""

import re
import time

from hub.settings import ROOT
from hub.webhooks.models import EventType
from tests.hub.webhooks.scene import receiving

MANUAL = (ROOT / "docs" / "freshness.md").read_text("utf-8")


async def test_code_of_the_manual_takes_what_the_hub_signed_and_nothing_else(scene, monkeypatch):
    [code] = re.findall(r"```python\n(.*?)```", MANUAL, re.DOTALL)
    found = {}
    exec(code, found)
    async with receiving() as receiver:
        _, secret = await scene.add(receiver.url)
        await scene.pulled()
        await scene.tick()
    [post] = receiver.posts
    sent_at = int(post.headers["webhook-timestamp"])
    is_from_hub = found["is_from_hub"]
    monkeypatch.setattr(time, "time", lambda: sent_at + 1.0)
    assert is_from_hub(secret, post.headers, post.body)
    assert not is_from_hub(secret, post.headers, post.body + b" ")
    assert not is_from_hub(secret, post.headers | {"webhook-id": "msg_other"}, post.body)
    monkeypatch.setattr(time, "time", lambda: sent_at + 301.0)
    assert not is_from_hub(secret, post.headers, post.body)


def test_manual_has_every_event():
    assert re.findall(r"^\| `(feed\.\w+)`", MANUAL, re.MULTILINE) == [e.value for e in EventType]
