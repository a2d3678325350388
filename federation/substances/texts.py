"""What a text alone says: the substances it names, or that it stays open, and why.

Whole text, then its members, each of them by `names`, then what their brackets say. What stays in
doubt stays open; nothing is guessed. Codes are the resolver's evidence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from federation.substances import salts
from federation.substances.combinations import members
from federation.substances.names import NameReader
from federation.substances.noise import bare
from federation.substances.normalise import apart, fold, in_speech_order, key
from federation.substances.readings import Reading, nothing
from federation.substances.register import SubstanceRegister
from federation.substances.vaccines import VaccineReader

_LONGEST_TEXT = 2_000  # characters; names in the sources have up to 550
_MOST_BRACKETS = 64  # opening ones; each may hold the next, and is read on its own
_NAMED_IN_BRACKET = 0.95  # factor: the text around the bracket was taken for a brand
_NOT_IN_BRACKET = 0.95  # factor: the text in the bracket was, or for a remark

_SUBSTANCE_IN_BRACKETS = frozenset({"KR"})  # product names end in "(ingredient)" there
_BRANDS_IN_BRACKETS = frozenset({"IN"})  # and in "(brand)" there
_REMARKS_IN_BRACKETS = frozenset({"KR", "JP"})  # how a substance was made, or who sells it
_HEARD = frozenset({"transliteration", "fuzzy"})
_GENERIC_GROUPS = frozenset({"EU"})
_GENERIC_GROUP = re.compile(r"(?P<name>\D*\d.*?) - ?(?P<brand>.+)")  # "PARACÉTAMOL 1 g - X 1 g"
_EXPRESSED_AS = re.compile(r"as\b(?P<latin>.*)|(?P<korean>.+?)(?:으로서|로서).*")
_ADDED = re.compile(r"(?:with|and|plus)\b|[+&/]")
_FORMERLY = re.compile(r"previously ")  # EMA: "Alli (previously Orlistat GSK)"
_ROTATION = re.compile(r"\([+/±-]+\)")  # "(-)-omeprazole" is not omeprazole


@dataclass(frozen=True)
class _Aside:
    """What a bracket says; `is_name` when it may name the product or its one substance."""

    reading: Reading
    is_name: bool


class TextReader:
    """Reads texts against one register."""

    def __init__(self, register: SubstanceRegister) -> None:
        self._register = register
        self._names = NameReader(register)
        self._vaccines = VaccineReader(register)

    def read(self, text: str, origin: str) -> Reading:
        """Read a text of one member; `origin` tells how that member uses brackets and dashes."""
        folded = fold(text[: _LONGEST_TEXT + 1])
        if len(text) > _LONGEST_TEXT or sum(map(folded.count, "([{<")) > _MOST_BRACKETS:
            return nothing("a text so long or so full of brackets is no name: left open")
        if _ROTATION.search(folded):
            whole = self._members(_ROTATION.sub("", folded), origin)
            return whole.left_open("a sign of optical rotation names half of a racemate")
        if whole_name := self._whole(folded):
            return whole_name
        group = _GENERIC_GROUP.fullmatch(folded) if origin in _GENERIC_GROUPS else None
        if not group:
            return self._members(folded, origin)
        named = self._members(group["name"], origin)
        brand = self._members(group["brand"], origin)
        if named.substances and not brand.recognised <= named.substances:
            return named.left_open(f"`{group['brand']}` names another substance")
        return named

    def _whole(self, folded: str) -> Reading | None:
        """Read a name with its separators in it, or a vaccine.

        ATC's word on a vaccine goes before what other sources call one product of it.
        """
        known = self._register.keyed(key(folded)) if ";" not in folded else None
        if known and known.atc:
            return self._names.read(folded)
        vaccine = self._vaccines.read(folded)
        return self._names.read(folded) if known and not vaccine else vaccine

    def _members(self, folded: str, origin: str) -> Reading:
        names = members(folded)
        if len(names) == 1:
            return self._name(names[0], origin)
        if not names:
            return nothing(f"`{folded}` holds no name")
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
        reading = self._names.read(name)
        around, asides = apart(name)
        if reading.substances or not asides:
            return reading
        outer = self._names.read(around)
        inner = [aside for text in asides if (aside := self._aside(text, origin))]
        is_telling = origin in _SUBSTANCE_IN_BRACKETS
        if is_telling and outer.substances and _is_brand_like(outer, around, inner):
            outer = replace(outer, recognised=frozenset()).left_open("it may be a brand")
        if outer.substances:
            return _checked(outer, inner, origin)
        return _named_inside(outer, inner, is_telling=is_telling)

    def _aside(self, text: str, origin: str) -> _Aside | None:
        """Read what a bracket holds; None when that is only dose, form or mark."""
        expressed = _EXPRESSED_AS.fullmatch(text)
        content = (expressed["latin"] or expressed["korean"] or "") if expressed else text
        name = key(bare(content))
        if not name or _FORMERLY.match(text) or (expressed and salts.is_only_ions(name)):
            return None
        reading = self._members(content.strip(), origin)
        return _Aside(reading, is_name=not expressed and not _ADDED.match(text))


def _is_brand_like(outer: Reading, around: str, inner: Sequence[_Aside]) -> bool:
    """Tell whether a name only sounds like a substance, with a form after it and another inside.

    Korean product names end in "(ingredient)", and many a brand sounds like what it is not.
    """
    named = [aside.reading.substances for aside in inner if aside.is_name]
    is_product = bare(around) != around and outer.method in _HEARD
    return is_product and any(each and not each <= outer.substances for each in named)


def _checked(outer: Reading, inner: Sequence[_Aside], origin: str) -> Reading:
    """Hold what stands around brackets against what they say."""
    for aside in inner:
        if not aside.reading.recognised <= outer.substances:
            return outer.left_open(f"a bracket says {aside.reading.steps[-1]}")
    strange = [aside for aside in inner if not aside.reading.substances]
    if not strange:
        return outer
    if not all(each.is_name and each.reading.parts == 1 for each in strange):
        return outer.left_open("a bracket is not understood")
    if origin in _BRANDS_IN_BRACKETS:
        steps = (*outer.steps, "took a bracket for the brand")
    elif origin in _REMARKS_IN_BRACKETS and outer.method != "fuzzy":
        steps = (*outer.steps, "took a bracket for a remark")
    else:
        return outer.left_open("a bracket is not understood")
    return replace(outer, confidence=outer.confidence * _NOT_IN_BRACKET, steps=steps)


def _named_inside(outer: Reading, inner: Sequence[_Aside], *, is_telling: bool) -> Reading:
    """Take the substance from the brackets after a brand, if all they name is one or one set."""
    named = [aside.reading for aside in inner if aside.reading.substances and aside.is_name]
    recognised = outer.recognised.union(*(aside.reading.recognised for aside in inner))
    if not is_telling or not named or named[0].substances != recognised:
        return replace(outer, recognised=recognised)
    steps = ("took the text around a bracket for the brand", *named[0].steps)
    confidence = named[0].confidence * _NAMED_IN_BRACKET
    return replace(named[0], method="bracket", confidence=confidence, steps=steps)
