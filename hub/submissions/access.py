"""Who may file, and who may read of it. Whoever is not named here may do neither."""

from federation.feed import Feed
from federation.members.submitted import SUBMITTED
from hub.errors import Forbidden, NotFound
from hub.identity.types import Caller, Role


def find_feed(feed: str) -> Feed:
    """Find a feed that agencies file.

    Raises:
        NotFound: there is no such feed.
    """
    found = SUBMITTED.get(feed)
    if found is None:
        raise NotFound(f"nothing is filed as `{feed[:60]}`: known are {', '.join(SUBMITTED)}")
    return found


def fileable_feed(caller: Caller, feed: str) -> Feed:
    """Find the feed by which a caller may file: one of its own member, for an agency.

    Raises:
        Forbidden: it is no agency, or another member's.
        NotFound: there is no such feed.
    """
    if Role.AGENCY not in caller.roles:
        raise Forbidden("agencies file: ask with a client of the role `agency`")
    found = find_feed(feed)
    if caller.member != found.member:
        raise Forbidden(
            f"`{feed}` is {found.member}'s: its own agency files there, with its client"
        )
    return found


def readable_member(caller: Caller) -> str:
    """Name the member whose submissions a caller may read.

    Raises:
        Forbidden: the caller is no agency; cells of what was filed are its member's own.
    """
    if Role.AGENCY not in caller.roles:
        raise Forbidden(
            "submissions are the filing agencies' own: ask with a client of the role `agency`; "
            "the secretariat asks `submissionCounts`"
        )
    return caller.member


def counted_member(caller: Caller) -> str | None:
    """Name the member whose submissions a caller may count; None for all.

    Raises:
        Forbidden: the caller is neither an agency nor the secretariat.
    """
    if Role.SECRETARIAT in caller.roles:
        return None
    if Role.AGENCY in caller.roles:
        return caller.member
    raise Forbidden(
        "submissions are counted for agencies and the secretariat alone: "
        "ask with a client of theirs"
    )
