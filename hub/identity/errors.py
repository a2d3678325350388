"""The one way this room refuses a token: one public message, the cause for operators only.

A caller who could tell a wrong key from a wrong audience would learn from each refusal. What a
refusal says in its headers is in `challenges.py`.
"""

import prometheus_client

from hub.errors import Unauthenticated

_refused = prometheus_client.Counter(
    "hub_tokens_refused", "Tokens refused, by the part at fault.", ["part"]
)

PUBLIC_MESSAGE = (
    "no valid access token: get a new token from your issuer and send it as "
    "`Authorization: Bearer <token>`, or `DPoP <token>` with a proof if it is bound to a key"
)

UNBOUND_MESSAGE = (
    "your issuer's tokens must be bound to a key: get one that is, by DPoP or by mutual TLS"
)


class NothingPresented(Unauthenticated):
    """The request shows nothing of who sends it, so nothing of it was refused."""

    def __init__(self) -> None:
        """Say how to send a token."""
        super().__init__(PUBLIC_MESSAGE, detail="authorization: nothing presented")


class NonceNeeded(Unauthenticated):
    """A proof of possession lacks a nonce of ours, or has an old one; `nonce` is a fresh one."""

    def __init__(self, nonce: str) -> None:
        """Keep the nonce for the answer's header."""
        super().__init__(PUBLIC_MESSAGE, detail="proof: no fresh nonce")
        self.nonce = nonce


def refused(cause: str) -> Unauthenticated:
    """Make the error that refuses a token.

    Args:
        cause: for the log; begins with the part at fault and a colon, as in `header: …`, and never
            holds text of the token, which a log must not keep and an attacker may have written.
    """
    _refused.labels(cause.partition(":")[0]).inc()
    return Unauthenticated(PUBLIC_MESSAGE, detail=cause)
