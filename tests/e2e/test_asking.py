"""`hub ask`, typed beside a hub that runs."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.demo.run import Demo

US = ("--client", "us-fda", "--purpose", "shortage-response")
WHO = "{ me { client purpose } }"


async def typed(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hub", "ask", *words, *US, "--state", str(state)]
    # In a thread: the demo serves on this event loop.
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=110, check=False
    )


async def test_a_question_is_answered_for_the_client_and_purpose_named(demo: Demo):
    done = await typed(demo.settings.state_dir, WHO)
    assert done.returncode == 0, done.stderr
    me = {"client": "us-fda", "purpose": "shortage-response"}
    assert json.loads(done.stdout)["data"] == {"me": me}
    assert done.stdout.startswith('{\n  "data"')


async def test_a_trusted_document_is_asked_by_its_name_with_variables(demo: Demo):
    variables = '{"product": "KR.Product.202309911"}'
    done = await typed(demo.settings.state_dir, "alternatives", "--variables", variables, "--json")
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert json.loads(line)["data"]["node"]["key"] == "KR.Product.202309911"


async def test_an_answer_with_errors_is_printed_and_ends_with_1(demo: Demo):
    done = await typed(demo.settings.state_dir, "{ nothing }")
    assert done.returncode == 1
    assert "nothing" in json.loads(done.stdout)["errors"][0]["message"]


@pytest.mark.parametrize("variables", ["{product: 1}", "[1]"])
async def test_variables_that_are_none_are_refused(demo: Demo, variables: str):
    done = await typed(demo.settings.state_dir, WHO, "--variables", variables)
    assert done.returncode == 2
    assert '`--variables` is no JSON object: write it as \'{"name": "value"}\'' in done.stderr


async def test_a_question_that_is_not_utf_8_is_refused(demo: Demo):
    done = await typed(demo.settings.state_dir, os.fsdecode(b"{ \xff }"))
    assert done.returncode == 2
    assert "the question is not UTF-8" in done.stderr
    assert "Traceback" not in done.stderr


async def test_what_answers_and_is_no_hub_is_told(demo: Demo, monkeypatch):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}}")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("HUB_PUBLIC_URL", f"http://127.0.0.1:{port}")
        done = await typed(demo.settings.state_dir, WHO)
    assert done.returncode == 2
    assert "is no hub, or stands before one that is down: its status is 502" in done.stderr
    assert "Traceback" not in done.stderr


async def test_who_asks_where_no_hub_runs_is_told_how_to_start_one(demo: Demo, monkeypatch):
    monkeypatch.setenv("HUB_PUBLIC_URL", "http://127.0.0.1:9")
    done = await typed(demo.settings.state_dir, WHO)
    assert done.returncode == 2
    assert "no hub answers at http://127.0.0.1:9: start one with `hub serve`" in done.stderr
    assert "Traceback" not in done.stderr
