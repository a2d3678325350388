"""From a member's text to the INN and UNII, in steps that explain themselves, or to nothing.

`texts` says what the text alone names; here codes of the same record are weighed against it, and
texts seen before are remembered. Wrong is worse than open: whatever disagrees is left open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from federation.substances.readings import Reading
from federation.substances.register import SubstanceRegister
from federation.substances.texts import TextReader

_CODES_ALONE = 0.85  # confidence: joins by product code were seen to name wrong substances
_DOUBT_WHEN_AGREED = 0.5  # factor on the doubt that is left
_TEXTS_KEPT = 65_536


@dataclass(frozen=True)
class Resolution:
    """What a text was resolved to, or that it was left open.

    Attributes:
        inn: None when open; the members of a combination sorted and joined by `+`.
        unii: of the same substances in the same order; None unless all are known.
        method: `exact`, `synonym`, `salt`, `chemical` (by its parts), `spelling`,
            `transliteration`, `fuzzy`, `brand`, `bracket`, `combination`, `unii`, or `none` when
            open; `atc` where no text was asked for.
        confidence: 0 when open.
        steps: what was done, in order, in words.
    """

    inn: str | None
    unii: str | None
    method: str
    confidence: float
    steps: tuple[str, ...]


class Resolver:
    """Resolves texts against one register; a text seen before costs next to nothing."""

    def __init__(self, register: SubstanceRegister) -> None:
        self.register = register
        self._read = lru_cache(maxsize=_TEXTS_KEPT)(TextReader(register).read)

    def resolve(self, text: str, origin: str, unii: Sequence[str] = ()) -> Resolution:
        """Resolve a text that names one substance or a combination.

        Args:
            text: as the member wrote it.
            origin: the member, such as `KR`: each uses brackets and dashes in its own way.
            unii: codes in the same record, of substances or their salts, in any order. They are
                evidence, not truth: one that agrees raises the confidence, one known to be another
                substance's leaves the text open, one that the register lacks says nothing. They
                answer alone only for a text in which no substance was recognised.
        """
        return _resolution(self._weighed(self._read(text, origin), unii))

    def resolve_single(self, text: str, origin: str, unii: Sequence[str] = ()) -> Resolution:
        """Resolve a text that names one substance, such as an ingredient row's; see `resolve`."""
        reading = self._read(text, origin)
        if len(reading.substances) > 1:
            reading = reading.left_open("one substance was expected, not a combination")
        return _resolution(self._weighed(reading, unii))

    def resolve_atc(self, code: str) -> Resolution:
        """Resolve a record that names its substance by an ATC code of level 5 and by no text."""
        if found := self.register.with_atc(code):
            step = f"took atc `{code}`"
            return Resolution(found.inn, found.unii, "atc", _CODES_ALONE, (step,))
        return Resolution(None, None, "none", 0.0, (f"atc `{code}` is of no one substance",))

    def _weighed(self, reading: Reading, uniis: Sequence[str]) -> Reading:
        coded = {unii: found for unii in uniis if (found := self.register.with_unii(unii))}
        if not coded:
            return reading
        codes = ", ".join(f"`{unii}` of {found.inn}" for unii, found in coded.items())
        if reading.substances:
            if not reading.substances.issuperset(coded.values()):
                return reading.left_open(f"unii {codes} disagrees")
            confidence = 1 - (1 - reading.confidence) * _DOUBT_WHEN_AGREED
            steps = (*reading.steps, f"unii {codes} agrees")
            return replace(reading, confidence=confidence, steps=steps)
        if reading.recognised or not len(coded) == len(set(uniis)) == reading.parts:
            return reading
        return replace(
            reading,
            substances=frozenset(coded.values()),
            method="unii",
            confidence=_CODES_ALONE,
            steps=(*reading.steps, f"took unii {codes}"),
        )


def _resolution(reading: Reading) -> Resolution:
    if not reading.substances:
        return Resolution(None, None, "none", 0.0, reading.steps)
    ordered = sorted(reading.substances, key=lambda substance: substance.inn)
    uniis = [substance.unii for substance in ordered if substance.unii]
    return Resolution(
        inn="+".join(substance.inn for substance in ordered),
        unii="+".join(uniis) if len(uniis) == len(ordered) else None,
        method=reading.method,
        confidence=reading.confidence,
        steps=reading.steps,
    )
