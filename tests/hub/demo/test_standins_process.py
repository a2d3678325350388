"""How the process of the stand-ins starts, ends and refuses."""

import asyncio
import json
import signal
import subprocess
import sys
import time

import httpx  # noqa: TID251 - the caller of the servers under test
import pytest

from hub.demo.standins.process import start_standins
from hub.errors import InvalidInput

COMMAND = [sys.executable, "-m", "hub.demo.standins", "--manifest"]


@pytest.fixture
def manifest(tmp_path):
    (tmp_path / "CIS_bdpm.txt").write_bytes(b"61266250\tx\r\n")
    path = tmp_path / "manifest.toml"
    path.write_text('[feeds]\n"eu.fr_products" = ["CIS_bdpm.txt"]\n')
    return path


@pytest.fixture
def running(manifest):
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, str(manifest)], stdin=pipe, stdout=pipe) as process:
        yield process
        process.kill()


def test_ready_line_is_one_json_object_naming_port_and_bases(running):
    ready = json.loads(running.stdout.readline())
    base = f"http://127.0.0.1:{ready['port']}/eu.fr_products"
    assert ready == {"port": ready["port"], "feeds": {"eu.fr_products": base}}
    assert httpx.get(f"{base}/download/file/CIS_bdpm.txt").status_code == 200


def test_end_of_input_ends_the_process_and_prints_nothing_more(running):
    running.stdout.readline()
    running.stdin.close()
    assert running.wait(5) == 0
    assert running.stdout.read() == b""


def test_terminate_signal_ends_the_process(running):
    running.stdout.readline()
    running.send_signal(signal.SIGTERM)
    assert running.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[feeds]\n"eu.fr_products" = ["gone.txt"]', r"feed `eu.fr_products` names `.*gone.txt`"),
        ('[feeds]\n"eu.fr_products" = ["a.txt", "a.txt"]', "is one file; the manifest names 2"),
        ('[feeds]\n"eu.fr_products" = "a.txt"', "must name its files in a list"),
        ('[feeds]\n"us.drugsatfda" = ["a.txt"]', "`a.txt` names none of its tables"),
        ('[feeds]\n"us.drugsatfda" = ["Products.txt"]', "lacks its tables MarketingStatus_Lookup"),
        ("feeds = ", "can't read the manifest"),
        ("", "has no .feeds. table"),
    ],
)
async def test_unusable_manifest_is_refused_with_its_reason(tmp_path, text, reason):
    for name in ("a.txt", "Products.txt"):
        (tmp_path / name).touch()
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(InvalidInput, match=reason):
        async with start_standins(tmp_path / "manifest.toml"):
            pass


def test_missing_file_ends_the_process_with_status_2(manifest):
    (manifest.parent / "CIS_bdpm.txt").unlink()
    ended = subprocess.run([*COMMAND, str(manifest)], capture_output=True, check=False, text=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith("feed `eu.fr_products` names")
    assert ended.stdout == ""


async def test_block_ends_the_process_quickly_though_a_caller_hangs(manifest):
    async with httpx.AsyncClient(timeout=30) as client:
        async with start_standins(manifest) as standins:
            url = standins.base_urls["eu.fr_products"] + "/download/file/CIS_bdpm.txt"
            await client.post(f"{standins.control_url}/eu.fr_products", json={"fault": "hang"})
            hanging = asyncio.create_task(client.get(url))
            await asyncio.sleep(0.2)
            started = time.monotonic()
        assert time.monotonic() - started < 4
        with pytest.raises(httpx.HTTPError):
            (await hanging).raise_for_status()
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
