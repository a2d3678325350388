"""What agreements are handled with, handed in by the composition root.

The steps themselves are `hub/agreements/proceedings.py`.
"""

import asyncio
from dataclasses import dataclass, field

from hub.agreements.modes import VotingRules
from hub.policy.engine import PolicyEngine


@dataclass(frozen=True, slots=True)
class AgreementDesk:
    """`engine` is the one whose decisions the hub answers by.

    `preview` is held while a draft is previewed: each takes seconds and a process of its own.
    """

    engine: PolicyEngine
    voting: VotingRules = field(default_factory=VotingRules)
    preview: asyncio.Lock = field(default_factory=asyncio.Lock)
