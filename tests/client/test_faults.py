"""What comes damaged is not used, what breaks off goes on, and what is away is waited for."""

import json

import httpx  # noqa: TID251 - asks over loopback
import pytest

from hub_client import exports
from hub_client.errors import ComeAgain, Damaged, NotAdmitted
from hub_client.hub import Hub
from hub_client.sync import synchronise
from hub_client.targets import target_of
from hub_client.tokens import GivenToken

TYPES = ["SupplyNotice"]


class Between(httpx.BaseTransport):
    """Stands between client and hub; `meddle` may change or replace an answer, and is counted."""

    def __init__(self, meddle):
        self._inner = httpx.HTTPTransport()
        self._meddle = meddle
        self.paths = []

    def handle_request(self, request):
        answer = self._inner.handle_request(request)
        self.paths.append(request.url.path)
        return self._meddle(request, answer, self.paths.count(request.url.path)) or answer

    def close(self):
        self._inner.close()


@pytest.fixture
def meddled(hub, folder_target):
    """Run into a folder, with something between the client and the hub."""

    def run(meddle, patience=20.0, types=TYPES):
        tokens = GivenToken(None, hub.token())
        with Hub(hub.address, tokens, patience_s=patience, sleep=lambda _: None) as client:
            client.http.close()
            between = Between(meddle)
            client.http = httpx.Client(base_url=hub.address, transport=between, timeout=60)
            return synchronise(client, target_of(folder_target), types), between

    return run


def is_file(request):
    return request.url.path.endswith("/file")


def replaced(answer, content, status=None, **headers):
    answer.close()
    stream = httpx.ByteStream(content)
    headers["content-length"] = str(len(content))
    return httpx.Response(status or answer.status_code, stream=stream, headers=headers)


def test_a_damaged_file_is_fetched_again(meddled, folder_target, compare):
    def damage(request, answer, count):
        if is_file(request) and count == 1:
            return replaced(answer, answer.read()[:-2] + b"?\n")
        return None

    _, between = meddled(damage)
    assert len([path for path in between.paths if path.endswith("/file")]) == 2
    compare(folder_target, TYPES)


def test_a_file_that_is_always_damaged_is_not_used(meddled, folder_target):
    def damage(request, answer, count):
        return replaced(answer, answer.read()[:-2] + b"?\n") if is_file(request) else None

    with pytest.raises(Damaged, match="SHA-256"):
        meddled(damage)
    with target_of(folder_target).open():
        assert target_of(folder_target).state() is None


def test_a_manifest_whose_signature_does_not_hold_is_not_believed(meddled):
    def forge(request, answer, count):
        if request.url.path.endswith("/manifest"):
            head, _, signature = answer.read().decode().split(".")
            return replaced(answer, f"{head}.e30.{signature}".encode())
        return None

    with pytest.raises(Damaged, match="signature"):
        meddled(forge)


def test_a_manifest_that_is_no_manifest_is_not_believed(hub):
    with Hub(hub.address, GivenToken(None, hub.token())) as client:
        keys = client.json("GET", "/.well-known/jwks.json")
        with pytest.raises(Damaged, match="no manifest"):
            exports.check_signature(hub.token(), keys)


def test_a_download_that_breaks_off_goes_on_from_there(meddled, folder_target, compare):
    asked = []

    def cut(request, answer, count):
        if not is_file(request):
            return None
        asked.append(request.headers.get("range"))
        return Cut(answer).answer if count == 1 else None

    meddled(cut)
    assert asked[0] is None
    assert asked[1].startswith("bytes=")
    assert asked[1] != "bytes=0-"
    compare(folder_target, TYPES)


class Cut(httpx.SyncByteStream):
    """The first half of an answer's bytes, and then a broken connection."""

    def __init__(self, answer):
        content = answer.read()
        answer.close()
        self._half = content[: len(content) // 2]
        self.answer = httpx.Response(answer.status_code, headers=answer.headers, stream=self)

    def __iter__(self):
        yield self._half
        raise httpx.RemoteProtocolError("peer closed connection")


@pytest.mark.parametrize("status", [429, 503])
def test_a_hub_that_is_busy_is_asked_again(meddled, folder_target, compare, status):
    def busy(request, answer, count):
        if count == 1:
            return replaced(answer, b"{}", status, **{"retry-after": "1"})
        return None

    meddled(busy)
    compare(folder_target, TYPES)


def test_patience_ends(meddled):
    def away(request, answer, count):
        return replaced(answer, b"", 503)

    with pytest.raises(ComeAgain, match="run again later"):
        meddled(away, patience=3.0)


def test_a_token_that_does_not_hold_is_not_admitted(hub, folder_target):
    with Hub(hub.address, GivenToken(None, "none")) as client, pytest.raises(NotAdmitted):
        synchronise(client, target_of(folder_target), TYPES)


def test_exports_of_a_reading_that_begins_again_are_dropped(meddled, folder_target, compare):
    asked, dropped = set(), set()

    def moved(request, answer, count):
        path = request.url.path
        if path == "/exports":
            asked.add(httpx.URL(json.loads(answer.read())["address"]).path)
        if request.method == "DELETE":
            dropped.add(path)
        if path.endswith("/manifest") and len(asked) == 1:
            moved = {"message": "changed", "extensions": {"code": "POLICIES_MOVED"}}
            return replaced(answer, json.dumps({"errors": [moved]}).encode(), 410)
        return None

    summary, _ = meddled(moved)
    assert summary.why_anew == ["changed"]
    assert len(asked) == 2
    assert dropped == asked
    compare(folder_target, TYPES)


def test_exports_are_asked_for_ahead_as_far_as_the_hub_allows(meddled, folder_target, compare):
    types = ["Product", "SupplyNotice"]
    asked = []

    def full(request, answer, count):
        if request.url.path == "/exports":
            asked.append(answer.status_code)
            if len(asked) == 2:
                gone = httpx.URL(json.loads(answer.read())["address"]).path
                headers = {"authorization": request.headers["authorization"]}
                httpx.delete(request.url.join(gone), headers=headers).raise_for_status()
                full = {"message": "full", "extensions": {"code": "EXPORT_LIMIT"}}
                return replaced(answer, json.dumps({"errors": [full]}).encode(), 429)
        return None

    meddled(full, types=types)
    assert len(asked) == 3
    compare(folder_target, types)


def test_a_hub_that_restarts_in_the_middle_is_waited_for(
    hub, sync, folder_target, compare, monkeypatch
):
    read = exports.read_manifest

    def restarting(*given):
        hub.restart()
        return read(*given)

    monkeypatch.setattr(exports, "read_manifest", restarting)
    sync(folder_target, TYPES)
    compare(folder_target, TYPES)
