"""One company under several records: what regulators see of it, and the command that decides."""

import asyncio
import re
import subprocess
import sys

from hub.demo.run import Demo, ask
from hub.identity.own_issuer.clients import DEMO_CLIENTS

CLIENTS = {client.client_id: client for client in DEMO_CLIENTS}
COMPANIES = """
{ organizations(first: 400, filter: {origin: {eq: KR}}) {
    nodes { key entityKey sameAs { key entityKey } }
} }
"""


async def companies(demo: Demo) -> dict[str, dict]:
    answer = await ask(demo, CLIENTS["kr-mfds"], COMPANIES)
    return {node["key"]: node for node in answer["data"]["organizations"]["nodes"]}


async def entities(demo: Demo, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hub", "entities", *arguments]
    state = ["--state", str(demo.settings.state_dir)]
    # In a thread: the demo serves on this event loop.
    return await asyncio.to_thread(
        subprocess.run,
        [*command, *state],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


async def test_every_company_has_an_entity(demo: Demo):
    found = await companies(demo)
    assert len(found) > 1
    assert all(re.fullmatch(r"E-[0-9a-f]{16}", node["entityKey"]) for node in found.values())


async def test_records_decided_to_be_one_name_each_other_until_the_decision_is_undone(demo: Demo):
    before = await companies(demo)
    one, other = [key for key, node in before.items() if not node["sameAs"]][:2]
    kept = await entities(
        demo, "same", one, other, "--reason", "seen in the register", "--author", "me"
    )
    assert kept.stdout == "kept: 1 records changed entity, 0 links found, 0 ended\n", kept.stderr
    found = await companies(demo)
    assert found[one]["entityKey"] == found[other]["entityKey"]
    assert [node["key"] for node in found[one]["sameAs"]] == [other]
    assert [node["key"] for node in found[other]["sameAs"]] == [one]
    shown = (await entities(demo, "show", other)).stdout
    assert one in shown
    assert "SAME by me" in shown
    undone = await entities(demo, "undo", one, other, "--reason", "not needed", "--author", "me")
    assert undone.returncode == 0, undone.stderr
    assert not (await companies(demo))[one]["sameAs"]


async def test_command_refuses_in_one_line(demo: Demo):
    refused = await entities(demo, "show", "KR.Organization.nobody")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].startswith("error: no record `KR.Organization.nobody`")
