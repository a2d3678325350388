"""The one tree of errors the hub shows to anyone.

HubError
├── InvalidInput     400   the request or the file is wrong; the message says how to mend it
├── Unauthenticated  401   no token, or one that does not hold
├── Forbidden        403   a known caller asks for what it may not
├── NotFound         404
├── MethodNotAllowed 405
├── NotAcceptable    406
├── Conflict         409   the state has moved on
├── Gone             410   it was there, and what opened it no longer holds
├── TooLarge         413   over a stated limit
├── UnsupportedMedia 415   the body is of a kind the hub does not read
├── RateLimited      429
├── MemberFault      502   a member's source answered wrongly
├── Unavailable      503
└── Timeout          504

`code` is stable, and explained in `hub/error_codes/`; `message` is safe for anyone to read;
`detail` is for operators and is logged, never sent. Messages are lower-case, without a final
period, and say what to do next.
"""

from datetime import datetime
from typing import ClassVar


class HubError(Exception):
    """A failure the hub has a name for."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        detail: str | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        """Keep the public message and the operator's detail apart.

        Args:
            message: safe for the caller.
            code: a finer stable code than the class's own, such as `DEPTH_LIMIT`.
            detail: for the log only.
            retry_at: aware instant before which the same pull is of no use; None: any time.
        """
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.retry_at = retry_at
        self.public_code = code or self.code

    @property
    def extensions(self) -> dict[str, object]:
        """What GraphQL shows beside the message."""
        return {"code": self.public_code}


class InvalidInput(HubError):
    """The request or the file is wrong."""

    status = 400
    code = "INVALID_INPUT"


class Unauthenticated(HubError):
    """No token, or one that does not hold. One public message for every cause."""

    status = 401
    code = "UNAUTHENTICATED"


class Forbidden(HubError):
    """A known caller asks for what it may not do."""

    status = 403
    code = "FORBIDDEN"


class NotFound(HubError):
    """Nothing by that name that the caller may see."""

    status = 404
    code = "NOT_FOUND"


class MethodNotAllowed(HubError):
    """A method that may not do what is asked; the answer carries `Allow`."""

    status = 405
    code = "METHOD_NOT_ALLOWED"


class NotAcceptable(HubError):
    """None of the media types that the caller accepts is one the hub gives."""

    status = 406
    code = "NOT_ACCEPTABLE"


class Conflict(HubError):
    """The state has moved on since the caller looked."""

    status = 409
    code = "CONFLICT"


class Gone(HubError):
    """It was there, and what opened it no longer holds."""

    status = 410
    code = "GONE"


class TooLarge(HubError):
    """Over a stated limit in bytes, rows or cost."""

    status = 413
    code = "TOO_LARGE"


class UnsupportedMedia(HubError):
    """The body is of a media type or in an encoding the hub does not read."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


class RateLimited(HubError):
    """Too many requests; the answer carries `Retry-After`."""

    status = 429
    code = "RATE_LIMITED"

    def __init__(self, message: str, *, code: str | None = None, retry_after_s: int = 1) -> None:
        """Keep how long to wait, in whole seconds."""
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class MemberFault(HubError):
    """A member's source answered wrongly: an error, a hang, half a file, another format."""

    status = 502
    code = "MEMBER_FAULT"


class Unavailable(HubError):
    """The hub can't answer now; trying later may help."""

    status = 503
    code = "UNAVAILABLE"


class Timeout(HubError):
    """A stated time limit ran out."""

    status = 504
    code = "TIMEOUT"
