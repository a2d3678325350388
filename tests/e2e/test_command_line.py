"""The command line as its users run it: as processes, on the bundled samples and on real files."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.members.registry import FEEDS


def hub(*arguments: str, **more) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hub", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=110, check=False, env=clean(), **more
    )


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """A state folder that a demo has filled once."""
    with tempfile.TemporaryDirectory(prefix="hub-cli-") as folder:
        done = hub("demo", "--once", "--json", "--state", folder)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["feeds"]["kr.mfds_permits"]["records"]
        yield Path(folder)


def test_pulling_the_same_bytes_again_is_unchanged(state: Path):
    done = hub("demo", "--once", "--json", "--state", str(state))
    summary = json.loads(done.stdout.splitlines()[-1])
    assert {feed["outcome"] for feed in summary["feeds"].values()} == {"UNCHANGED"}
    assert all(feed["rows"] for feed in summary["feeds"].values())


def test_a_token_is_printed_alone(state: Path):
    done = hub(
        "token", "--client", "us-fda", "--purpose", "shortage-response", "--state", str(state)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().count(".") == 2
    assert len(done.stdout.splitlines()) == 1


def test_an_unknown_client_is_named_with_those_known(state: Path):
    done = hub("token", "--client", "nobody", "--purpose", "exercise", "--state", str(state))
    assert done.returncode == 2
    assert "`nobody`" in done.stderr
    assert "`kr-mfds`" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_purpose_is_named_with_those_known(state: Path):
    done = hub("token", "--client", "us-fda", "--purpose", "curiosity", "--state", str(state))
    assert done.returncode == 2
    assert "`curiosity`" in done.stderr
    assert "shortage-response" in done.stderr


def test_status_shows_every_feed(state: Path):
    done = hub("status", "--state", str(state))
    assert done.returncode == 0, done.stderr
    for feed in FEEDS:
        assert feed in done.stdout


def test_status_of_a_feed_shows_each_of_its_fields(state: Path):
    done = hub("status", "kr.mfds_permits", "--state", str(state))
    assert done.returncode == 0, done.stderr
    assert {"authorised_on", "ITEM_PERMIT_DATE"} <= set(done.stdout.split())


def test_status_of_an_unknown_feed_says_where_those_known_are_listed():
    done = hub("status", "kr.nothing")
    assert done.returncode == 2
    assert done.stderr == "error: no feed `kr.nothing`: `hub status` lists them\n"


def test_quality_is_a_document_of_every_feed_being_served(state: Path):
    done = hub("quality", "--state", str(state))
    assert done.returncode == 0, done.stderr
    served = [line[3:] for line in done.stdout.splitlines() if line.startswith("## ")]
    assert served == [feed for feed in FEEDS if feed in served]
    assert len(served) >= 31
    assert "| `authorised_on` | " in done.stdout


def test_the_committed_quality_document_has_every_feed_of_the_members():
    text = (Path(__file__).resolve().parents[2] / "docs" / "quality.md").read_text()
    told = {line[3:] for line in text.splitlines() if line.startswith("## ")}
    assert told == set(FEEDS)


def test_policy_explain_names_the_agreement_and_its_rows(state: Path):
    done = hub(
        "policy",
        "explain",
        "SupplyNotice.public",
        "--client=us-fda",
        "--purpose=shortage-response",
        f"--state={state}",
    )
    assert done.returncode == 0, done.stderr
    assert "eu-supply" in done.stdout
    assert "7" in done.stdout


def test_policy_check_passes_on_the_committed_policies():
    done = hub("policy", "check")
    assert done.returncode == 0, done.stderr


def test_a_data_folder_without_manifest_is_refused(tmp_path: Path):
    done = hub("demo", "--once", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "manifest.toml" in done.stderr


def test_substances_are_resolved_in_order(tmp_path: Path):
    file = tmp_path / "names.csv"
    file.write_text("origin,native_text\nUS,Midazolam Hydrochloride\nEU,no such thing\n")
    done = hub("substances", "resolve", str(file))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["inn"] for line in lines] == ["midazolam", None]
    assert list(lines[0]) == ["origin", "native_text", "inn", "unii", "method", "confidence"]


def test_substances_are_resolved_by_the_register_of_a_data_folder(tmp_path: Path):
    (tmp_path / "names.csv").write_text("origin,native_text\nJP,ソンザイール錠\nUS,Midazolam\n")
    (tmp_path / "manifest.toml").write_text(
        '[feeds]\n"ref.who_atc" = ["atc.csv"]\n"ref.pmda_ja_en" = ["pairs.csv"]\n'
    )
    (tmp_path / "atc.csv").write_text("atc_code,atc_name,ddd\nN05CD99,existazolam,2\n")
    (tmp_path / "pairs.csv").write_text("ja_name,en_name_jan\nソンザイール,Existazolam\n")
    done = hub("substances", "resolve", str(tmp_path / "names.csv"), "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line)["inn"] for line in done.stdout.splitlines()]
    assert answers == ["existazolam", None], "the bundled register is not asked"


def test_a_data_folder_that_holds_no_register_is_refused_with_the_mend(tmp_path: Path):
    file = tmp_path / "names.csv"
    file.write_text("origin,native_text\nUS,Midazolam\n")
    done = hub("substances", "resolve", str(file), "--data", str(tmp_path))
    assert done.returncode == 2
    assert "manifest.toml" in done.stderr
    (tmp_path / "manifest.toml").write_text('[feeds]\n"ref.who_atc" = ["gone.csv"]\n')
    done = hub("substances", "resolve", str(file), "--data", str(tmp_path))
    assert done.returncode == 2
    assert "gone.csv" in done.stderr


def test_a_port_that_is_taken_is_named_with_what_to_do(state: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = hub("demo", "--port", str(port), "--state", str(state))
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
