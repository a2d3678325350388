"""What a text alone says: the substances it names, or that it stays open, and why.

Whole text, then its members, then each member as a salt, then what its brackets say. A spelling
that the register does not hold stays open; nothing is guessed. Codes are the resolver's evidence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from federation.substances import salts
from federation.substances.combinations import members
from federation.substances.noise import bare
from federation.substances.normalise import apart, fold, in_speech_order, key
from federation.substances.register import Substance, SubstanceRegister

_CONFIDENCE = {"exact": 1.0, "synonym": 0.99, "salt": 0.97}
_NAMED_IN_BRACKET = 0.95  # factor: the text around the bracket was taken for a brand
_BRAND_IN_BRACKET = 0.95  # factor: the text in the bracket was

_SUBSTANCE_IN_BRACKETS = frozenset({"KR"})  # product names end in "(ingredient)" there
_BRANDS_IN_BRACKETS = frozenset({"IN"})  # and in "(brand)" there
_GENERIC_GROUPS = frozenset({"EU"})
_GENERIC_GROUP = re.compile(r"(?P<name>\D*\d.*?) - ?(?P<brand>.+)")  # "PARACÉTAMOL 1 g - X 1 g"
_EXPRESSED_AS = re.compile(r"as\b(?P<latin>.*)|(?P<korean>.+?)(?:으로서|로서).*")
_ADDED = re.compile(r"(?:with|and|plus)\b|[+&/]")
_ROTATION = re.compile(r"\([+/±-]+\)")  # "(-)-omeprazole" is not omeprazole
# The FDA's four letters without meaning, on a biological: "adalimumab-adaz".
_BIOSIMILAR = re.compile(r"(?<=mab|ept|tim|lfa|ine|art|pro|pin)-[a-z]{4}$")


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


@dataclass(frozen=True)
class _Aside:
    """What a bracket says; `is_name` when it may name the product or its one substance."""

    reading: Reading
    is_name: bool


class TextReader:
    """Reads texts against one register."""

    def __init__(self, register: SubstanceRegister) -> None:
        self._register = register

    def read(self, text: str, origin: str) -> Reading:
        """Read a text of one member; `origin` tells how that member uses brackets and dashes."""
        folded = fold(text)
        if _ROTATION.search(folded):
            whole = self._members(_ROTATION.sub("", folded), origin)
            return whole.left_open("a sign of optical rotation names half of a racemate")
        if substance := self._register.keyed(key(folded)):
            return _found(substance, salts.Base(key(folded)))
        group = _GENERIC_GROUP.fullmatch(folded) if origin in _GENERIC_GROUPS else None
        if not group:
            return self._members(folded, origin)
        named = self._members(group["name"], origin)
        brand = self._members(group["brand"], origin)
        if named.substances and not brand.recognised <= named.substances:
            return named.left_open(f"`{group['brand']}` names another substance")
        return named

    def _members(self, folded: str, origin: str) -> Reading:
        names = members(folded)
        if len(names) == 1:
            return self._name(names[0], origin)
        if not names:
            return _nothing(f"`{folded}` holds no name")
        readings = [self._name(name, origin) for name in names]
        joined = Reading(
            substances=frozenset().union(*(each.substances for each in readings)),
            recognised=frozenset().union(*(each.recognised for each in readings)),
            parts=len(names),
            method="combination",
            confidence=min(each.confidence for each in readings),
            steps=(
                "taken apart into " + ", ".join(f"`{name}`" for name in names),
                *(step for each in readings for step in each.steps),
            ),
        )
        if not all(each.substances for each in readings):
            return joined.left_open("not every member is known")
        is_one = len(joined.substances) == 1
        return replace(joined, method=readings[0].method) if is_one else joined

    def _name(self, name: str, origin: str) -> Reading:
        name = in_speech_order(name)
        reading = self._plain(name)
        around, asides = apart(name)
        if reading.substances or not asides:
            return reading
        outer = self._plain(around)
        inner = [aside for text in asides if (aside := self._aside(text, origin))]
        if outer.substances:
            return _checked(outer, inner, has_brands=origin in _BRANDS_IN_BRACKETS)
        return _named_inside(outer, inner, is_telling=origin in _SUBSTANCE_IN_BRACKETS)

    def _plain(self, name: str) -> Reading:
        """Read a name as it stands, then less doses and forms, then less the FDA's suffix."""
        plain = bare(name)
        for spelling in dict.fromkeys((name, plain, _BIOSIMILAR.sub("", plain))):
            for bases in salts.bases(key(spelling)):
                known = [(hit, base) for base in bases if (hit := self._register.keyed(base.name))]
                if known:
                    return _found_among(known)
        return _nothing(f"`{plain}` is not in the register")

    def _aside(self, text: str, origin: str) -> _Aside | None:
        """Read what a bracket holds; None when that is only dose, form or mark."""
        expressed = _EXPRESSED_AS.fullmatch(text)
        content = (expressed["latin"] or expressed["korean"] or "") if expressed else text
        name = key(bare(content))
        if not name or (expressed and salts.is_only_ions(name)):
            return None
        reading = self._members(content.strip(), origin)
        return _Aside(reading, is_name=not expressed and not _ADDED.match(text))


def _found_among(known: Sequence[tuple[Substance, salts.Base]]) -> Reading:
    substance, base = known[0]
    reading = _found(substance, base)
    if any(other is not substance for other, _ in known):
        return reading.left_open("other readings name another substance")
    if salts.is_own_substance(substance.inn, base.taken):
        return reading.left_open("with that taken away it is another substance")
    return reading


def _found(substance: Substance, base: salts.Base) -> Reading:
    steps = [f"took {', '.join(base.taken)} away"] if base.taken else []
    if base.taken or base.is_acid:
        method = "salt"
    else:
        method = "exact" if base.name == key(substance.inn) else "synonym"
    steps.append(f"`{base.name}` is {substance.inn}")
    one = frozenset({substance})
    return Reading(one, one, 1, method, _CONFIDENCE[method], tuple(steps))


def _nothing(reason: str) -> Reading:
    return Reading(frozenset(), frozenset(), 1, "none", 0.0, (reason,))


def _checked(outer: Reading, inner: Sequence[_Aside], *, has_brands: bool) -> Reading:
    """Hold what stands around brackets against what they say."""
    for aside in inner:
        if not aside.reading.recognised <= outer.substances:
            return outer.left_open(f"a bracket says {aside.reading.steps[-1]}")
    strange = [aside for aside in inner if not aside.reading.substances]
    if not strange:
        return outer
    if not has_brands or not all(each.is_name and each.reading.parts == 1 for each in strange):
        return outer.left_open("a bracket is not understood")
    steps = (*outer.steps, "took a bracket for the brand")
    return replace(outer, confidence=outer.confidence * _BRAND_IN_BRACKET, steps=steps)


def _named_inside(outer: Reading, inner: Sequence[_Aside], *, is_telling: bool) -> Reading:
    """Take the substance from the brackets after a brand, if all they name is one or one set."""
    named = [aside.reading for aside in inner if aside.reading.substances and aside.is_name]
    recognised = outer.recognised.union(*(aside.reading.recognised for aside in inner))
    if not is_telling or not named or named[0].substances != recognised:
        return replace(outer, recognised=recognised)
    steps = ("took the text around a bracket for the brand", *named[0].steps)
    confidence = named[0].confidence * _NAMED_IN_BRACKET
    return replace(named[0], method="bracket", confidence=confidence, steps=steps)
