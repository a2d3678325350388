"""What webhooks are handled with, handed in by the composition root.

Which addresses are kept is `hub/webhooks/registry.py`.
"""

from dataclasses import dataclass

from hub.webhooks.signing import Sealer


@dataclass(frozen=True, slots=True)
class WebhookDesk:
    """`sealer` keeps secrets; `allow_loopback` lets addresses be of here."""

    sealer: Sealer
    allow_loopback: bool = False
