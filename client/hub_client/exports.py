"""One record type as a file: asked for, waited for, fetched piece by piece, and checked.

The hub makes the file as a job. Its manifest comes signed; the file has the size and the SHA-256
that it states, or is not used.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx  # noqa: TID251 - a package of its own, which is no part of the hub
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub_client.errors import Damaged, Refusal, StartAnew, SyncError, TooManyExports
from hub_client.hub import PASSING, Hub, Json, refusal_of
from hub_client.shapes import Shape

_JWS_TYPE = "export-manifest+jws"
_ALGORITHMS = ["ES256", "PS256", "Ed25519"]
_OPEN = frozenset({"QUEUED", "RUNNING"})
_LOOK_S, _LONGEST_LOOK_S = 0.05, 2.0
_PREFER = "wait=5"
"""Asks the hub to answer once an export has ended, or after so many seconds (RFC 7240)."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the hub's signature says of a file."""

    rows: int
    size: int
    sha256: str


class Gone(Exception):
    """The hub no longer has this export: ask for another."""


def ask(hub: Hub, shape: Shape, form: str) -> str:
    """Ask for an export, and give its path at the hub.

    Raises:
        TooManyExports: others are to be deleted first.
        SyncError: it can't be had.
    """
    try:
        shown = hub.json("POST", "/exports", {"query": shape.list_document, "format": form})
    except Refusal as refusal:
        if refusal.code == "EXPORT_LIMIT":
            raise TooManyExports(str(refusal)) from refusal
        raise refusal.failure() from refusal
    return path_of(shown["address"])


def await_file(hub: Hub, path: str) -> str:
    """Wait until an export is made, and give the path of its file, which holds for a while.

    Raises:
        Gone: there is no such export.
        StartAnew: what opened it has changed.
        SyncError: it could not be made.
    """
    pause = _LOOK_S
    while (shown := _shown(hub, path))["state"] in _OPEN:
        hub.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_LOOK_S)
    if shown["state"] != "READY":
        error = shown["error"]
        if error["code"] == "POLICIES_MOVED":
            raise StartAnew(error["message"])
        raise SyncError(f"the export failed ({error['code']}): {error['message']}")
    return path_of(shown["file"]["address"])


def read_manifest(hub: Hub, path: str, shape: Shape, form: str) -> Manifest:
    """Fetch a file's manifest, and check whose it is and what it is of.

    Raises:
        Damaged: its signature does not hold, or it is of another file.
        StartAnew: the hub's schema or policies have changed since the export was asked.
    """
    try:
        signed = hub.text(f"{path}/manifest", accept="application/jose")
        keys = hub.json("GET", "/.well-known/jwks.json")
    except Refusal as refusal:
        raise _meaning(refusal) from refusal
    found = check_signature(signed, keys)
    columns = [(each["name"], each["type"]) for each in found["columns"]]
    expected = [(".".join(each.path), each.kind) for each in shape.columns]
    told = (found["id"], found["list"], found["format"])
    if told != (path.rpartition("/")[2], shape.root, form):
        raise Damaged(f"the manifest is of another file than the {shape.root} asked for: run again")
    if columns != expected:
        raise StartAnew("the hub's schema has changed meanwhile")
    return Manifest(found["rows"], found["bytes"], found["sha256"])


def check_signature(signed: str, keys: Mapping[str, Json]) -> dict[str, Json]:
    """Read a signed manifest.

    Raises:
        Damaged: the signature is not by one of these keys, or of something else.
    """
    try:
        registry = jws.JWSRegistry(algorithms=_ALGORITHMS)
        key_set = KeySet.import_key_set({"keys": list(keys["keys"])})
        found = jws.deserialize_compact(signed, key_set, registry=registry)
        content = httpx.Response(200, content=found.payload).json()
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Damaged(
            f"the manifest's signature does not hold, tell the hub's operator: {error}"
        ) from error
    if found.headers().get("typ") != _JWS_TYPE or not isinstance(content, dict):
        raise Damaged("what is signed is no manifest: tell the hub's operator")
    return content


def fetch(hub: Hub, path: str, link: str, manifest: Manifest, target: Path) -> None:
    """Fetch a file whole, or what is missing of it; a damaged one once more from its beginning.

    `link` is the path of the file that `await_file` gave.

    Raises:
        Damaged: it came damaged twice.
        Gone: the hub no longer has it.
    """
    for _ in range(2):
        _complete(hub, path, link, manifest, target)
        if is_whole(target, manifest):
            return
        target.unlink()
    raise Damaged(
        f"the file came with another SHA-256 than {manifest.sha256}, twice: run again later"
    )


def is_whole(file: Path, manifest: Manifest) -> bool:
    """Tell whether a file is what its manifest says."""
    if not file.exists() or file.stat().st_size != manifest.size:
        return False
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == manifest.sha256


def delete(hub: Hub, path: str) -> None:
    """Drop an export; one that can't be is dropped by the hub in time."""
    try:
        hub.json("DELETE", path)
    except (Refusal, SyncError):
        return


def path_of(address: str) -> str:
    """Take the path and query out of an address: the hub may be asked by another than its own."""
    return httpx.URL(address).raw_path.decode()


def _complete(hub: Hub, path: str, link: str, manifest: Manifest, target: Path) -> None:
    # A power cut may damage what is written: a file is used only once its SHA-256 was checked.
    waits = hub.waits()
    with target.open("ab") as file:
        while (start := file.tell()) < manifest.size:
            try:
                _append(hub, link, manifest, file)
            except httpx.HTTPError as error:
                if file.tell() > start:
                    waits = hub.waits()
                waits.wait(str(error) or type(error).__name__)
            except Refusal as refusal:
                if refusal.code == "LINK_EXPIRED":
                    link = await_file(hub, path)
                elif refusal.status in PASSING:
                    waits.wait(str(refusal))
                else:
                    raise _meaning(refusal) from refusal


def _append(hub: Hub, link: str, manifest: Manifest, file: Any) -> None:
    start = file.tell()
    headers = {"if-range": f'"{manifest.sha256}"', "accept-encoding": "identity"}
    if start:
        headers["range"] = f"bytes={start}-"
    with hub.stream(link, headers) as answer:
        if answer.is_error:
            answer.read()
            raise refusal_of(answer)
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            file.truncate(0)
        for chunk in answer.iter_raw():
            file.write(chunk)


def _shown(hub: Hub, path: str) -> Any:
    try:
        return hub.json("GET", path, prefer=_PREFER)
    except Refusal as refusal:
        raise _meaning(refusal) from refusal


def _meaning(refusal: Refusal) -> Exception:
    if refusal.code == "POLICIES_MOVED":
        return StartAnew(str(refusal))
    return Gone() if refusal.status == httpx.codes.NOT_FOUND else refusal.failure()
