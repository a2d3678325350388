"""What agreements are handled with, handed in by the composition root."""

import asyncio
from dataclasses import dataclass, field

from hub.agreements.modes import VotingRules
from hub.policy.engine import PolicyEngine
from hub.store.database import Pool


@dataclass(frozen=True, slots=True)
class AgreementDesk:
    """`engine` is the one whose decisions the hub answers by; `writing` commits.

    `preview` is held while a draft is previewed: each takes seconds and a process of its own.
    """

    engine: PolicyEngine
    writing: Pool
    voting: VotingRules = field(default_factory=VotingRules)
    preview: asyncio.Lock = field(default_factory=asyncio.Lock)
