"""The signing keys of the embedded issuer, in a folder of their own.

One file per key, numbered: the highest signs, all verify, so a new key can be published before the
old one goes. The keys of other issuers are in `jwks.py`. Start reading at `SigningKeys.open`.
"""

import json
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from hub.errors import InvalidInput

ALGORITHM = "ES256"
_CURVE = "P-256"
_SUFFIX = ".jwk.json"


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Private keys, oldest first, at least one. Each `kid` is the key's RFC 7638 thumbprint."""

    keys: tuple[ECKey, ...]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the keys in `folder`, making the folder and the first key where there are none.

        Two processes that start at once end up with the same keys.

        Raises:
            InvalidInput: a key file is not a key of ours, or others may read it.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _key_files(folder):
            _add_key(folder, number=1)
        return cls(tuple(_read_key(path) for path in _key_files(folder)))

    @property
    def current(self) -> ECKey:
        """The key that signs: the newest."""
        return self.keys[-1]

    def jwks(self) -> dict[str, Any]:
        """Publish the public halves, newest first.

        Source: RFC 7517 section 5.
        """
        return {"keys": [key.as_dict(private=False) for key in reversed(self.keys)]}


def _key_files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


def _add_key(folder: Path, number: int) -> None:
    """Make a key and file it under `number`, unless another process was faster."""
    key = ECKey.generate_key(_CURVE, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    # mkstemp gives mode 0600. The link appears whole or not at all, and never over another.
    descriptor, draft = tempfile.mkstemp(dir=folder, suffix=".draft")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(key.as_dict(private=True), file)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, folder / f"{number:06d}{_SUFFIX}")
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()


def _read_key(path: Path) -> ECKey:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise InvalidInput(f"others may read the key file `{path}`: run `chmod 600` on it")
    try:
        key = ECKey.import_key(json.loads(path.read_text(encoding="utf-8")))
        is_ours = key.is_private and key.curve_name == _CURVE and key.kid == key.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(_not_a_key(path)) from error
    if not is_ours:
        raise InvalidInput(_not_a_key(path))
    return key


def _not_a_key(path: Path) -> str:
    return f"`{path}` is not a signing key of this hub: restore it, or remove it to make a new one"
