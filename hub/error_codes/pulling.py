"""Codes that say what became of a pull: in `hub status` and its log, and as `reasonCode`."""

from hub.error_codes.entry import Code, Codes

_SEEN_BY = "agencies, operators"

PULLING: Codes = {
    "SOURCE_FAULT": Code(
        (502,),
        _SEEN_BY,
        "the source answered with an error, half a file or no such file",
        "read the message, then ask the member",
    ),
    "SOURCE_DOWN": Code(
        (502,),
        _SEEN_BY,
        "the source failed inside",
        "nothing: it is tried again",
    ),
    "SOURCE_BUSY": Code(
        (502,),
        _SEEN_BY,
        "the source asks to be left alone for a while",
        "nothing: it is pulled again at `retryAt`",
    ),
    "SOURCE_QUOTA": Code(
        (502,),
        _SEEN_BY,
        "the source's quota of calls is used up",
        "nothing, or set a key with a larger quota",
    ),
    "SOURCE_MOVING": Code(
        (502,),
        _SEEN_BY,
        "the list went on changing while it was read",
        "pull at a quieter hour",
    ),
    "SOURCE_TELLS_KEY": Code(
        (502,),
        _SEEN_BY,
        "the answer holds the key it was asked with, so nothing of it is kept",
        "ask the member to leave it out, and change the key",
    ),
    "SOURCE_TIMEOUT": Code(
        (504,),
        _SEEN_BY,
        "the source did not answer in time",
        "nothing: it is tried again",
    ),
    "SOURCE_UNREACHABLE": Code(
        (502,),
        _SEEN_BY,
        "nothing answers at the source's address",
        "check that it is up, and the feed's base URL",
    ),
    "SOURCE_UNKNOWN_HOST": Code(
        (502,),
        _SEEN_BY,
        "the source's host has no address",
        "check the feed's base URL",
    ),
    "SOURCE_BROKE_OFF": Code(
        (502,),
        _SEEN_BY,
        "the body did not come whole",
        "nothing: it is tried again",
    ),
    "SOURCE_CODING": Code(
        (502,),
        _SEEN_BY,
        "the body is compressed in a way that was not asked for",
        "ask the member",
    ),
    "SOURCE_DIGEST": Code(
        (502,),
        _SEEN_BY,
        "the body is not the one of the digest it was sent with",
        "pull again; ask the member if it stays so",
    ),
    "SOURCE_TOO_LARGE": Code(
        (413,),
        _SEEN_BY,
        "the source sends more than a feed may hold",
        "ask the member what it sends",
    ),
    "REQUEST_TOO_LARGE": Code(
        (413,),
        _SEEN_BY,
        "the feed asks the source for too much at once",
        "have the feed's module ask for less",
    ),
    "PULL_TIMEOUT": Code(
        (504,),
        _SEEN_BY,
        "the pull took longer than a pull may",
        "look at what the source sends; the limit is `HUB_PULL_SECONDS`",
    ),
    "FEED_BUSY": Code(
        (409,),
        _SEEN_BY,
        "the feed is being pulled already, or waits for its host",
        "see `hub status`, and pull again once that ended",
    ),
    "OVERTAKEN": Code(
        (409,),
        _SEEN_BY,
        "another pull of the feed published meanwhile",
        "pull again for anything newer",
    ),
    "TURN_LOST": Code(
        (503,),
        _SEEN_BY,
        "the database broke off while the feed was pulled",
        "nothing: it is pulled again",
    ),
    "CUT_OFF": Code(
        (),
        _SEEN_BY,
        "the process that pulled ended before the pull did",
        "nothing: it is taken up again",
    ),
    "COUNTS_DIFFER": Code(
        (),
        _SEEN_BY,
        "it was published, and source and store count differently",
        "nothing: the next pull reads the whole",
    ),
}
"""What failed pulls say; what holds a pull is in `docs/gate.md`."""
