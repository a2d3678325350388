"""What can go wrong, and the exit code that says so to cron: `SyncError` and what comes of it.

Source: the exit codes are those of BSD's `sysexits.h`, which mailers and init systems know.
"""

import os
from collections.abc import Mapping


class SyncError(Exception):
    """A run that did not end well. What the target held, it holds."""

    exit_code = os.EX_SOFTWARE


class Misconfigured(SyncError):
    """Something that was given can't be used: correct it."""

    exit_code = os.EX_CONFIG


class NotAdmitted(SyncError):
    """The hub does not let the client in, or not to this."""

    exit_code = os.EX_NOPERM


class Damaged(SyncError):
    """What came is not what the hub says it sent."""

    exit_code = os.EX_DATAERR


class ComeAgain(SyncError):
    """It can't be done now: run again later, and it goes on where it was."""

    exit_code = os.EX_TEMPFAIL


class TooManyExports(ComeAgain):
    """The client has as many exports at the hub as it may."""


class StartAnew(Exception):
    """What the target holds can't be brought up to date by changes: all is to be read anew."""


class Refusal(Exception):
    """An answer of the hub's that is an error: its code, and what it says."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    @classmethod
    def of(cls, status: int, body: object) -> "Refusal":
        """Read an answer, be it GraphQL's, OAuth's or what something on the way said."""
        found = body if isinstance(body, Mapping) else {}
        errors = found.get("errors") or [{}]
        first = errors[0] if isinstance(errors, list) else {}
        code = (first.get("extensions") or {}).get("code") or found.get("error") or str(status)
        message = first.get("message") or found.get("error_description") or f"status {status}"
        return cls(status, str(code), str(message))

    def failure(self) -> SyncError:
        """Say what this means to a run."""
        kind = NotAdmitted if self.status in {401, 403} else SyncError
        return kind(f"the hub refuses ({self.code}): {self}")
