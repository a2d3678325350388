"""Substances by likeness: one spelling, one sound, or close to either and to nothing else.

Each index says what it compared and how near it came. Wrong is worse than open: what is as near to
a second substance is left open, and so is a name too short to tell.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract

from federation.substances.normalise import key
from federation.substances.register import Substance, SubstanceRegister
from federation.substances.sounds import Script, latin_sound, script_of, sound
from federation.substances.spellings import skeleton

_CONFIDENCE = {"spelling": 0.98, "transliteration": 0.96, "fuzzy": 0.93}
_SHORTEST_SAME = 4
_MOST_DIGITS = 2  # more are a chemist's name, or no name
_LONGEST = 40
_CLOSEST = 12  # candidates weighed; more at one distance would be no evidence anyway


@dataclass(frozen=True)
class Bounds:
    """How near is near enough, in edits of the compared form.

    Attributes:
        shortest: form that is compared at all.
        letters_per_edit: one edit is allowed for each so many letters.
        most: edits, however long the form.
        margin: edits by which the next substance must be further off.
    """

    shortest: int
    letters_per_edit: int
    most: int
    margin: int


_SPELT = Bounds(shortest=7, letters_per_edit=7, most=2, margin=1)
_HEARD = Bounds(shortest=8, letters_per_edit=6, most=4, margin=2)


@dataclass(frozen=True)
class Likeness:
    """A substance whose name is like a text, and why it is taken for it."""

    substance: Substance
    method: str
    confidence: float
    step: str


class LikenessIndex:
    """Every name of a register by its spelling and by its sound in each script."""

    def __init__(self, register: SubstanceRegister) -> None:
        self._register = register

    @cached_property
    def _spelt(self) -> "_Forms":
        return _Forms(self._register, skeleton, _SPELT)

    @cached_property
    def _hangul(self) -> "_Forms":
        return _Forms(self._register, lambda name: latin_sound(name, Script.HANGUL), _HEARD)

    @cached_property
    def _kana(self) -> "_Forms":
        return _Forms(self._register, lambda name: latin_sound(name, Script.KANA), _HEARD)

    def same(self, name_key: str) -> Likeness | None:
        """Find the substance spelt or heard the same."""
        if _is_latin(name_key):
            form = skeleton(name_key)
            return _like(self._spelt.same(form), "spelling", f"`{name_key}` is spelt")
        if script := script_of(name_key):
            form = sound(name_key, script)
            return _like(self._sounds(script).same(form), "transliteration", f"`{name_key}` sounds")
        return None

    def near(self, name_key: str) -> Likeness | None:
        """Find the one substance spelt or heard nearly the same."""
        if _is_latin(name_key):
            found = self._spelt.near(skeleton(name_key))
            return _like(found, "fuzzy", f"`{name_key}` is spelt nearly")
        if script := script_of(name_key):
            found = self._sounds(script).near(sound(name_key, script))
            return _like(found, "fuzzy", f"`{name_key}` sounds nearly")
        return None

    def _sounds(self, script: Script) -> "_Forms":
        return self._hangul if script is Script.HANGUL else self._kana


class _Forms:
    """Names in one reduced form."""

    def __init__(
        self, register: SubstanceRegister, reduce: Callable[[str], str], bounds: Bounds
    ) -> None:
        self._bounds = bounds
        self._holders: dict[str, dict[Substance, int]] = {}
        for name, substance, standing in _names(register):
            held = self._holders.setdefault(reduce(name), {})
            held[substance] = min(standing, held.get(substance, standing))
        self._placed: dict[tuple[str, int], list[str]] = defaultdict(list)
        for form in self._holders:
            for end in _ends(form):
                self._placed[end, len(form)].append(form)

    def same(self, form: str) -> Substance | None:
        """Find what bears a form; of several, the one of better standing than all others."""
        held = self._holders.get(form, {})
        best = min(held.values(), default=0)
        first = [substance for substance, standing in held.items() if standing == best]
        return first[0] if len(first) == 1 and len(form) >= _SHORTEST_SAME else None

    def near(self, form: str) -> Substance | None:
        bounds = self._bounds
        if len(form) < bounds.shortest:
            return None
        most = min(bounds.most, len(form) // bounds.letters_per_edit)
        reach = most + bounds.margin
        forms = {
            other: None
            for length in range(len(form) - reach, len(form) + reach + 1)
            for end in _ends(form)
            for other in self._placed.get((end, length), ())
        }
        found = extract(
            form, tuple(forms), scorer=Levenshtein.distance, score_cutoff=reach, limit=_CLOSEST, processor=None
        )
        nearest: dict[Substance, int] = {}
        for other, distance, _ in found:
            for substance in self._holders[other]:
                nearest.setdefault(substance, int(distance))
        (substance, distance), *others = nearest.items() or ((None, 0),)
        if substance is None or distance > most:
            return None
        return substance if all(far - distance >= bounds.margin for _, far in others) else None


def _ends(form: str) -> tuple[str, str]:
    """Give how a form starts and ends: what is near shares one of both."""
    return "^" + form[:2], form[-3:] + "$"


def _names(register: SubstanceRegister) -> Iterator[tuple[str, Substance, int]]:
    """Yield names in Latin letters alone, and their standing: ATC's own, one's own, another's."""
    for substance in register:
        own = {substance.inn, *substance.names.get("en", ())}
        listed = 0 if substance.atc else 1
        for name in substance.all_names():
            name_key = key(name)
            if len(name_key) <= _LONGEST and _is_latin(name_key) and (substance.atc or name in own):
                yield name_key, substance, listed + (0 if name == substance.inn else 2)


def _is_latin(name_key: str) -> bool:
    return name_key.isascii() and sum(map(str.isdigit, name_key)) <= _MOST_DIGITS


def _like(substance: Substance | None, method: str, words: str) -> Likeness | None:
    if substance is None:
        return None
    return Likeness(substance, method, _CONFIDENCE[method], f"{words} as {substance.inn}")
