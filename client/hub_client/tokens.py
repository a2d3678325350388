"""Where access tokens come from: a file or the environment, or the hub's token endpoint.

At the endpoint the client proves who it is by an assertion signed with its private key
(`private_key_jwt`, RFC 7523), and gets a token of ten minutes; `renew` gets the next one.
"""

import json
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx  # noqa: TID251 - a package of its own, which is no part of the hub
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from hub_client.errors import Misconfigured, Refusal

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_S = 60
_EARLY_S = 30.0
"""How long before its end a token is renewed."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
"""How files of a new key are opened: never in place of one that is there."""

_ALGORITHMS: Mapping[type[Key], str] = {ECKey: "ES256", OKPKey: "Ed25519", RSAKey: "PS256"}


class Tokens(Protocol):
    """Gives access tokens."""

    def current(self, http: httpx.Client) -> str:
        """Give a token that holds."""
        ...

    def renew(self) -> bool:
        """Have the next one be another, if there can be one."""
        ...


@dataclass
class GivenToken:
    """A token that somebody else puts into a file, or that the environment holds."""

    file: Path | None
    text: str | None = None

    def current(self, http: httpx.Client) -> str:  # noqa: ARG002 - none is asked for
        """Read the token anew: whoever writes the file may have renewed it."""
        if self.file is None:
            return (self.text or "").strip()
        return _read(self.file, "token").strip()

    def renew(self) -> bool:
        """Say that a file may hold another by now."""
        return self.file is not None


@dataclass
class KeyedClient:
    """A registered client with its private key: a PEM or JWK in a file."""

    client_id: str
    key: Key
    purpose: str | None
    _token: str = ""
    _ends_at: float = 0.0
    _endpoint: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, client_id: str, key_file: Path, purpose: str | None) -> "KeyedClient":
        """Read the key.

        Raises:
            Misconfigured: there is none that the hub takes.
        """
        return cls(client_id, read_key(_read(key_file, "key")), purpose)

    def current(self, http: httpx.Client) -> str:
        """Give the token, a new one once it is about to end."""
        if time.monotonic() > self._ends_at - _EARLY_S:
            self._ask(http)
        return self._token

    def renew(self) -> bool:
        """Forget the token."""
        self._ends_at = 0.0
        return True

    def _ask(self, http: httpx.Client) -> None:
        if not self._endpoint:
            found = http.get("/.well-known/oauth-authorization-server")
            self._endpoint = found.raise_for_status().json()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(self._endpoint["issuer"]),
        }
        if self.purpose:
            form["purpose"] = self.purpose
        answer = http.post(httpx.URL(self._endpoint["token_endpoint"]).raw_path.decode(), data=form)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            answer.raise_for_status()
        if answer.is_error:
            raise Refusal.of(httpx.codes.UNAUTHORIZED, answer.json()).failure()
        given = answer.json()
        self._token = given["access_token"]
        self._ends_at = time.monotonic() + float(given["expires_in"])

    def _assertion(self, issuer: str) -> str:
        now = int(time.time())
        algorithm = _ALGORITHMS[type(self.key)]
        header = {"typ": "JWT", "alg": algorithm, "kid": self.key.kid or self.key.thumbprint()}
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": issuer,
            "jti": uuid.uuid4().hex,
            "iat": now,
            "exp": now + _ASSERTION_S,
        }
        return jwt.encode(header, claims, self.key, algorithms=[algorithm])


def read_key(text: str) -> Key:
    """Read a private key: EC P-256, Ed25519 or RSA, as PEM or JWK.

    Raises:
        Misconfigured: it is none of these.
    """
    content: Any = json.loads(text) if text.lstrip().startswith("{") else text
    for kind in _ALGORITHMS:
        try:
            key = kind.import_key(content)
        except (JoseError, ValueError, TypeError, AttributeError, KeyError):
            continue
        if key.is_private:
            return key
    raise Misconfigured("the key file holds no private key: give EC P-256, Ed25519 or RSA as PEM")


def make_key(name: Path) -> tuple[Path, Path]:
    """Make a key, P-256: the private half in `NAME.pem`, the one to register in `NAME.pub.pem`.

    Raises:
        Misconfigured: there is such a file already, or it can't be written.
    """
    key = ECKey.generate_key("P-256")
    made = name.with_name(f"{name.name}.pem"), name.with_name(f"{name.name}.pub.pem")
    try:
        for file, is_private in zip(made, (True, False), strict=True):
            with os.fdopen(os.open(file, _NEW, 0o600 if is_private else 0o644), "wb") as written:
                written.write(key.as_pem(private=is_private))
    except FileExistsError as error:
        raise Misconfigured(f"`{error.filename}` is there already: give another name") from error
    except OSError as error:
        raise Misconfigured(
            f"`{error.filename}` can't be written, {error.strerror}: name another"
        ) from error
    return made


def _read(file: Path, what: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"the {what} file `{file}` can't be read, name another: {error}"
        ) from error


def tokens_of(
    client_id: str | None, key_file: Path | None, token_file: Path | None, purpose: str | None
) -> Tokens:
    """Find where tokens come from.

    Raises:
        Misconfigured: nothing was given, or half of it.
    """
    if client_id and key_file:
        return KeyedClient.of(client_id, key_file, purpose)
    if client_id or key_file:
        raise Misconfigured("give both `--client` and `--key`, or a token")
    if token_file or os.environ.get("HUB_CLIENT_TOKEN"):
        return GivenToken(token_file, os.environ.get("HUB_CLIENT_TOKEN"))
    raise Misconfigured(
        "say who you are: `--client` with `--key`, `--token-file`, or HUB_CLIENT_TOKEN"
    )
