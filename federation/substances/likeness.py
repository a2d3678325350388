"""Substances by likeness: one spelling, one sound, or close to either and to nothing else.

Each index says what it compared and how near it came. Wrong is worse than open: what is as near to
a second substance is left open, and so is a name too short to tell.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntFlag
from functools import cached_property, partial
from itertools import chain, islice, product

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract

from federation.substances.normalise import key
from federation.substances.register import Substance, SubstanceRegister
from federation.substances.sounds import Script, latin_sounds, script_of, sound
from federation.substances.spellings import skeleton

_CONFIDENCE = {"spelling": 0.98, "transliteration": 0.96, "fuzzy": 0.93}
_SHORTEST_SAME = 4  # letters of a form
_MOST_DIGITS = 3  # more are a chemist's name, or no name
_LONGEST = 40  # letters; longer names are a chemist's too
_PLAIN_SYNONYM = re.compile(r"(?:d?l-)?[a-z]{5,20}", re.IGNORECASE)
_CLOSEST = 12  # candidates weighed; more at one distance would be no evidence anyway


@dataclass(frozen=True)
class _Bounds:
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


_SPELT = _Bounds(shortest=7, letters_per_edit=7, most=2, margin=1)
_HEARD = _Bounds(shortest=12, letters_per_edit=6, most=4, margin=2)
_HEARD_IN_KANA = replace(_HEARD, letters_per_edit=8)  # Japanese brands sound like what they are not


@dataclass(frozen=True)
class Likeness:
    """A substance whose name is like a text, and why it is taken for it."""

    substance: Substance
    method: str
    confidence: float
    step: str


class _Standing(IntFlag):
    """What speaks against taking a form for a substance; less is better."""

    UNLISTED = 1  # by ATC
    SYNONYM = 2  # neither the INN nor a common name
    VARIANT = 4  # a spelling or sound the name may have, not the usual one


_ANY = _Standing.UNLISTED | _Standing.SYNONYM | _Standing.VARIANT


class LikenessIndex:
    """Every name of a register by its spelling and by its sound in each script."""

    def __init__(self, register: SubstanceRegister) -> None:
        self._register = register

    @cached_property
    def _spelt(self) -> "_Forms":
        return _Forms(self._register, lambda name: (skeleton(name),), _SPELT, _Standing(0))

    @cached_property
    def _hangul(self) -> "_Forms":
        return _Forms(self._register, lambda name: latin_sounds(name, Script.HANGUL), _HEARD, _ANY)

    @cached_property
    def _kana(self) -> "_Forms":
        sounds = partial(latin_sounds, script=Script.KANA)
        return _Forms(self._register, sounds, _HEARD_IN_KANA, _ANY)

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
        if name_key.isascii() and name_key.isalpha():
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
        self,
        register: SubstanceRegister,
        forms: Callable[[str], Iterable[str]],
        bounds: _Bounds,
        near: _Standing,
    ) -> None:
        self._bounds = bounds
        self._near = near
        self._holders: dict[str, dict[Substance, _Standing]] = {}
        for name, substance, standing in _names(register):
            heard = islice(forms(name), 1 if _Standing.SYNONYM in standing else None)
            for place, form in enumerate(heard):
                held = self._holders.setdefault(form, {})
                as_heard = standing | _Standing.VARIANT if place else standing
                held[substance] = min(as_heard, held.get(substance, as_heard))
        self._placed: dict[tuple[str, int], list[str]] = defaultdict(list)
        for form in self._holders:
            for end in _ends(form):
                self._placed[end, len(form)].append(form)

    def same(self, form: str) -> Substance | None:
        """Find what bears a form; of several, the one of better standing than all others."""
        held = self._holders.get(form, {})
        best = min(held.values(), default=_Standing(0))
        first = [substance for substance, standing in held.items() if standing == best]
        return first[0] if len(first) == 1 and len(form) >= _SHORTEST_SAME else None

    def near(self, form: str) -> Substance | None:
        """Find the nearest form's substance, if it is near enough and none other is as near."""
        bounds = self._bounds
        most = min(bounds.most, len(form) // bounds.letters_per_edit)
        if len(form) < bounds.shortest:
            return None
        reach = most + bounds.margin
        nearest: dict[Substance, int] = {}
        standings: dict[Substance, _Standing] = {}
        for other, distance, _ in extract(
            form,
            self._around(form, reach),
            scorer=Levenshtein.distance,
            processor=None,
            score_cutoff=reach,
            limit=_CLOSEST,
        ):
            for substance, standing in self._holders[other].items():
                standings.setdefault(substance, standing)
                nearest.setdefault(substance, int(distance))
        return self._clear_of_others(nearest, standings, most)

    def _around(self, form: str, reach: int) -> tuple[str, ...]:
        lengths = range(len(form) - reach, len(form) + reach + 1)
        places = product(lengths, _ends(form))
        placed = (self._placed.get((end, length), ()) for length, end in places)
        return tuple(dict.fromkeys(chain.from_iterable(placed)))

    def _clear_of_others(
        self, nearest: dict[Substance, int], standings: dict[Substance, _Standing], most: int
    ) -> Substance | None:
        if not nearest:
            return None
        (substance, distance), *others = nearest.items()
        if distance > most or standings[substance] & ~self._near:
            return None
        return substance if all(d - distance >= self._bounds.margin for _, d in others) else None


def _ends(form: str) -> tuple[str, str]:
    """Give how a form starts and ends: what is near shares one of both."""
    return "^" + form[:2], form[-3:] + "$"


def _names(register: SubstanceRegister) -> Iterator[tuple[str, Substance, _Standing]]:
    """Yield keys of names in Latin letters, but for those that only a chemist would use."""
    for substance in register:
        own = {substance.inn, *substance.names.get("en", ())}
        listed = _Standing(0) if substance.atc else _Standing.UNLISTED
        for name in substance.all_names():
            name_key = key(name)
            if len(name_key) > _LONGEST or not _is_latin(name_key):
                continue
            if name in own:
                yield name_key, substance, listed
            elif substance.atc or (substance.unii and _PLAIN_SYNONYM.fullmatch(name)):
                yield name_key, substance, listed | _Standing.SYNONYM


def _is_latin(name_key: str) -> bool:
    return name_key.isascii() and sum(map(str.isdigit, name_key)) <= _MOST_DIGITS


def _like(substance: Substance | None, method: str, words: str) -> Likeness | None:
    if substance is None:
        return None
    return Likeness(substance, method, _CONFIDENCE[method], f"{words} as {substance.inn}")
