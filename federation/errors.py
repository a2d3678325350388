"""What can go wrong between a member's bytes and the shared records.

FederationError
├── SourceFault      the source answered wrongly; the pull fails and the last good data stays
├── SourceChanged    the source answered, in another shape than the feed was written for
└── DeclarationFault a feed or mapping of ours is written wrongly; found at start, never at a pull

The hub turns the first two into `MemberFault`. Messages name the feed's part and the mend.
"""


class FederationError(Exception):
    """A failure between bytes and records."""


class SourceFault(FederationError):
    """The source answered with an error, half a file, or something that is not the file."""


class SourceChanged(FederationError):
    """The source's shape is not the one the feed reads: columns gone, renamed or moved."""


class DeclarationFault(FederationError):
    """A feed, mapping or register of the product itself is written wrongly."""
