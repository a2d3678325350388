"""What was read in a text, and how that is left open with a reason."""

from dataclasses import dataclass, replace

from federation.substances.register import Substance


@dataclass(frozen=True)
class Reading:
    """What was read in a text.

    Attributes:
        substances: all that the text names, or none when it stays open.
        recognised: every substance met on the way, also in a text that stays open.
        parts: how many members the text has.
        method: as in `Resolution`.
        confidence: 0 when open.
        steps: what was done, in order, in words.
    """

    substances: frozenset[Substance]
    recognised: frozenset[Substance]
    parts: int
    method: str
    confidence: float
    steps: tuple[str, ...]

    def left_open(self, reason: str) -> "Reading":
        """Give this reading without an answer, with the reason as its last step."""
        steps = (*self.steps, f"{reason}: left open")
        return replace(self, substances=frozenset(), method="none", confidence=0.0, steps=steps)


def nothing(reason: str) -> Reading:
    """Give the reading of a text in which nothing was recognised."""
    return Reading(frozenset(), frozenset(), 1, "none", 0.0, (reason,))
