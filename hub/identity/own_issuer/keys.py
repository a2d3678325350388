"""The signing keys of the embedded issuer, in a folder of their own.

One numbered file per key, written once and never changed. A key is published as soon as it is
filed, signs from its `signs_at` on, and verifies until the last token it signed is over. The keys
of other issuers are in `keys/jwks.py`. Start reading at `SigningKeys`.
"""

import json
import os
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from hub.errors import Conflict, InvalidInput, NotFound
from hub.identity.keys.jwks import VerificationKey
from hub.identity.tokens.verifying import MAX_LEEWAY_S, MAX_TOKEN_LIFETIME_S

ALGORITHM = "ES256"

MAX_AGE_S = 600
"""How long others may keep what the hub publishes: as long as the hub keeps theirs."""

LEAD_S = MAX_AGE_S + 60
"""From a key's publication to its first signature: by then no copy without it is in use."""

AT_ONCE_S = 2.0
"""The same in an emergency: by then every gateway has looked at the folder."""

LAST_TOKEN_S = MAX_TOKEN_LIFETIME_S + MAX_LEEWAY_S
"""From a key's last signature to the end of its last token: its longest life and all leeway."""

_LOOK_SECONDS = 1.0
_CURVE = "P-256"
_SUFFIX = ".jwk.json"

_log = structlog.get_logger()


class Standing(StrEnum):
    """What a key is for at an instant."""

    NEXT = "next"
    SIGNING = "signing"
    VERIFYING = "verifying"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. Its `kid` is its RFC 7638 thumbprint; `signs_at` is in seconds since 1970."""

    path: Path
    signs_at: float
    key: ECKey = field(repr=False)
    public: VerificationKey

    @property
    def kid(self) -> str:
        """What a token's header calls it."""
        return self.public.kid


class SigningKeys:
    """The keys of one folder, oldest first, at least one.

    A running hub sees within a second what is filed or removed; while the folder can't be read, it
    goes on with the keys it knows.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.time,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._look_seconds = look_seconds
        self._files = _key_files(folder)
        self._keys = tuple(_read_key(path) for path in self._files)
        self._looked_at = time.monotonic()
        self.removals = 0
        """How often keys were seen to go: what they verified must be verified anew."""

    @classmethod
    def open(cls, folder: Path, clock: Callable[[], float] = time.time) -> Self:
        """Open the keys in `folder`, making the folder and the first key where there are none.

        Two processes that start at once end up with the same keys.

        Raises:
            InvalidInput: a key file is not a key of ours, or others may read it.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _key_files(folder):
            # In the emptiest of folders there is no key to overlap with.
            _add_key(folder, number=1, signs_at=0)
        return cls(folder, clock)

    @property
    def all(self) -> tuple[SigningKey, ...]:
        """Every key on file, those that are over too."""
        if time.monotonic() - self._looked_at >= self._look_seconds:
            self._look()
        return self._keys

    @property
    def current(self) -> ECKey:
        """The key that signs."""
        return self._signing().key

    def find(self, kid: str) -> VerificationKey | None:
        """Find the public half of a key whose tokens may still be in use."""
        for each in self.all:
            if each.kid == kid and self.standing(each) is not Standing.OVER:
                return each.public
        return None

    def jwks(self) -> dict[str, object]:
        """Publish the public halves of all keys that are not over, newest first.

        Source: RFC 7517 section 5.
        """
        published = (each for each in self.all if self.standing(each) is not Standing.OVER)
        return {"keys": [each.public.key.as_dict() for each in published][::-1]}

    def standing(self, key: SigningKey) -> Standing:
        """Say what a key is for now."""
        if key == self._signing():
            return Standing.SIGNING
        over_at = self.over_at(key)
        if over_at is None:
            return Standing.NEXT
        now = self._clock()
        if now >= over_at:
            return Standing.OVER
        return Standing.NEXT if now < key.signs_at else Standing.VERIFYING

    def over_at(self, key: SigningKey) -> float | None:
        """Say when the last token that a key signed is over; None while no newer key is filed.

        In seconds since the epoch.
        """
        newer = [each.signs_at for each in self.all if each.path > key.path]
        return min(newer) + LAST_TOKEN_S if newer else None

    def rotate(self, *, at_once: bool = False) -> SigningKey:
        """File a new key, which signs once all others have it, or at once.

        Raises:
            Conflict: the next key is on file already.
        """
        newest = self.all[-1]
        if not at_once and self.standing(newest) is Standing.NEXT:
            raise Conflict(
                f"the key `{newest.kid}` is published and will sign next: wait for it, "
                "or put a new one before it with `--now`"
            )
        signs_at = self._clock() + (AT_ONCE_S if at_once else LEAD_S)
        _add_key(self._folder, _number(newest.path) + 1, signs_at)
        self._look()
        return self._keys[-1]

    def retire(self, kid: str, *, at_once: bool = False) -> None:
        """Remove a key that is over, or at once one that no longer signs, with all its tokens.

        Raises:
            NotFound: no key has this `kid`.
            Conflict: it signs, or its tokens may still be in use.
        """
        key = next((each for each in self.all if each.kid == kid), None)
        if key is None:
            raise NotFound(f"no key `{kid}`: `hub keys list` shows all")
        standing = self.standing(key)
        if standing is Standing.SIGNING:
            raise Conflict(f"the key `{kid}` signs: let another one, with `hub keys rotate --now`")
        if standing is not Standing.OVER and not at_once:
            raise Conflict(
                f"the key `{kid}` is not over: wait, or refuse all its tokens with `--now`"
            )
        key.path.unlink()
        self._look()

    def _signing(self) -> SigningKey:
        now = self._clock()
        started = [each for each in self.all if each.signs_at <= now]
        return started[-1] if started else self._keys[0]

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        files = _key_files(self._folder)
        known = {each.path: each for each in self._keys}
        if files == self._files or not files:
            return
        try:
            keys = tuple(known.get(path) or _read_key(path) for path in files)
        except (InvalidInput, OSError) as error:
            _log.error("signing_keys_not_read", error=str(error))
            return
        self.removals += bool(known.keys() - set(files))
        self._files, self._keys = files, keys


def kept_secret(path: Path) -> str:
    """Read the secret in a file that its owner alone may read, making both where there is none.

    Raises:
        InvalidInput: others may read the file.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _write_once(path, os.urandom(32).hex())
    _require_private(path)
    return path.read_text(encoding="utf-8")


def _key_files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


def _number(path: Path) -> int:
    return int(path.name.removesuffix(_SUFFIX))


def _add_key(folder: Path, number: int, signs_at: float) -> None:
    """Make a key and file it under `number`, unless another process was faster."""
    key = ECKey.generate_key(_CURVE, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    content = {**key.as_dict(private=True), "signs_at": signs_at}
    _write_once(folder / f"{number:06d}{_SUFFIX}", json.dumps(content))


def _write_once(path: Path, text: str) -> None:
    # mkstemp gives mode 0600. The link appears whole or not at all, and never over another.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, suffix=".draft")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()


def _require_private(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise InvalidInput(f"others may read the key file `{path}`: run `chmod 600` on it")


def _read_key(path: Path) -> SigningKey:
    _require_private(path)
    try:
        _number(path)
        content = dict(json.loads(path.read_text(encoding="utf-8")))
        signs_at = float(content.pop("signs_at", 0))
        key = ECKey.import_key(content)
        is_ours = key.is_private and key.curve_name == _CURVE and key.kid == key.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(_not_a_key(path)) from error
    if not is_ours:
        raise InvalidInput(_not_a_key(path))
    public = ECKey.import_key(key.as_dict(private=False))
    verifying = VerificationKey(key.thumbprint(), frozenset({ALGORITHM}), public)
    return SigningKey(path, signs_at, key, verifying)


def _not_a_key(path: Path) -> str:
    return f"`{path}` is not a signing key of this hub: restore it, or remove it to make a new one"
