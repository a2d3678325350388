"""The one way this room refuses a token: one public message, the cause for operators only.

A caller who could tell a wrong key from a wrong audience would learn from each refusal.
"""

from hub.errors import Unauthenticated

PUBLIC_MESSAGE = (
    "no valid access token: get a new token from your issuer "
    "and send it as `Authorization: Bearer <token>`"
)


def refused(cause: str) -> Unauthenticated:
    """Make the error that refuses a token.

    Args:
        cause: for the log; begins with the part at fault and a colon, as in `header: …`, and never
            holds text of the token, which a log must not keep and an attacker may have written.
    """
    return Unauthenticated(PUBLIC_MESSAGE, detail=cause)
