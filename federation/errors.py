"""What can go wrong between a member's bytes and the shared records.

FederationError
├── SourceFault      the source answered wrongly; the pull fails and the last good data stays
├── SourceChanged    the source answered, in another shape than the feed was written for
└── DeclarationFault a feed or mapping of ours is written wrongly; found at start, never at a pull

The hub turns the first two into `MemberFault`. Messages name the feed's part and the mend.

Codes of a SourceFault: `SOURCE_FAULT`; `SOURCE_DOWN`, it failed inside; `SOURCE_QUOTA`, its quota
of calls is used up; `SOURCE_BUSY`, it asks to be left alone for a while; `SOURCE_MOVING`, its list
went on changing while it was read.
"""

from datetime import datetime
from typing import ClassVar


class FederationError(Exception):
    """A failure between bytes and records.

    Attributes:
        public_code: stable, for the pull log; the same name as on the hub's errors.
        retry_at: aware instant before which asking again is of no use, as the source states or its
            quota's rules say. None: any time. Whoever schedules the next pull waits till then.
    """

    code: ClassVar[str] = "SOURCE_FAULT"

    def __init__(
        self, message: str, *, code: str | None = None, retry_at: datetime | None = None
    ) -> None:
        """Keep the message, the code and the instant to wait for."""
        super().__init__(message)
        self.public_code = code or self.code
        self.retry_at = retry_at


class SourceFault(FederationError):
    """The source answered with an error, half a file, or something that is not the file."""


class SourceChanged(FederationError):
    """The source's shape is not the one the feed reads: columns gone, renamed or moved."""


class DeclarationFault(FederationError):
    """A feed, mapping or register of the product itself is written wrongly."""
