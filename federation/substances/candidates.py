"""What a text left open might mean, and why the resolver would not say so: for people who decide.

Candidates come from the text's parts, from codes of the same record and from names that are near.
They are looser than `resolver` allows and answer nothing by themselves.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract

from federation.substances.combinations import members
from federation.substances.noise import bare
from federation.substances.normalise import apart, fold, key
from federation.substances.register import Substance, SubstanceRegister
from federation.substances.resolver import Resolution, Resolver
from federation.substances.sounds import Script, latin_sounds, script_of, sound
from federation.substances.spellings import skeleton

_BY_CODE = {"unii": 0.85, "atc": 0.5}  # confidence of a code that no text bears out
_BY_LIKENESS = 0.93  # confidence of a name that is the same, and falls with each edit
_LEAST_LIKE = 0.7  # of 1
_START = 0.8  # likeness of a name that a text goes on from
_SHORTEST_START = 7  # letters of a form
_SHORTEST_WORD = 4  # letters
_LONGEST_NAME = 40  # letters; longer ones are a chemist's
_MOST_NEAR = 5
_MOST_CANDIDATES = 8
_TEXTS_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class Candidate:
    """A substance that a text may mean.

    Attributes:
        inn: of the register.
        unii: None where the register has none.
        method: as in `Resolution`, or `atc`.
        confidence: of this candidate taken alone, from 0 to 1.
        reasons: what speaks for it, in words, the strongest first.
    """

    inn: str
    unii: str | None
    method: str
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the resolver says of a text, and what it might mean besides, the likeliest first."""

    resolution: Resolution
    candidates: tuple[Candidate, ...]


class Explainer:
    """Explains texts by a resolver's register; a text seen before costs nothing."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._register = resolver.register
        self._names = _Names(resolver.register)
        self._kept = lru_cache(maxsize=_TEXTS_KEPT)(self._explain)

    def explain(
        self, text: str, origin: str, unii: Sequence[str] = (), atc: Sequence[str] = ()
    ) -> Explanation:
        """Explain a text that names one substance.

        Args:
            text: as the member wrote it.
            origin: the member, such as `KR`.
            unii: codes in records of this text.
            atc: codes of the products that the text stands in; only level 5 tells a substance.
        """
        return self._kept(text, origin, tuple(unii), tuple(atc))

    def substance(self, inn: str) -> Substance | None:
        """Find a substance of the register by its INN, in any case."""
        return self._register.with_inn(inn.strip().lower())

    def near_names(self, name: str) -> tuple[str, ...]:
        """Name the substances that a name may have meant: those it names, then those near it."""
        named = self._register.named(name)
        found = [named.inn] if named else []
        return tuple(dict.fromkeys([*found, *(each.inn for each in self._near(name))]))

    def _explain(
        self, text: str, origin: str, unii: tuple[str, ...], atc: tuple[str, ...]
    ) -> Explanation:
        found: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in (
            *self._by_parts(text, origin),
            *self._by_unii(unii),
            *self._by_atc(atc),
            *self._near(text),
        ):
            found[candidate.inn].append(candidate)
        joined = sorted(map(_joined, found.values()), key=lambda each: (-each.confidence, each.inn))
        # Evidence as a pull has it: codes of several records are not those of one.
        resolution = self._resolver.resolve_single(text, origin, unii if len(unii) == 1 else ())
        return Explanation(resolution, tuple(joined[:_MOST_CANDIDATES]))

    def _by_parts(self, text: str, origin: str) -> Iterator[Candidate]:
        """Resolve what a text is made of, each part for itself."""
        for part in _parts(text):
            answer = self._resolver.resolve_single(part, origin)
            substance = self._register.with_inn(answer.inn) if answer.inn else None
            if substance:
                reason = f"`{part}` alone: {answer.steps[-1]}"
                yield _candidate(substance, answer.method, answer.confidence, reason)

    def _by_unii(self, codes: Sequence[str]) -> Iterator[Candidate]:
        for code in codes:
            if substance := self._register.with_unii(code):
                reason = f"unii `{code}` stands in the same record"
                yield _candidate(substance, "unii", _BY_CODE["unii"], reason)

    def _by_atc(self, codes: Sequence[str]) -> Iterator[Candidate]:
        for code in codes:
            for substance in self._listed.get(code, ()):
                reason = f"the product has atc `{code}`"
                yield _candidate(substance, "atc", _BY_CODE["atc"], reason)

    def _near(self, text: str) -> Iterator[Candidate]:
        met: set[Substance] = set()
        for substance, likeness, step in self._names.near(key(bare(fold(text)))):
            if substance not in met:
                met.add(substance)
                yield _candidate(substance, "fuzzy", likeness * _BY_LIKENESS, step)

    @cached_property
    def _listed(self) -> dict[str, list[Substance]]:
        listed: dict[str, list[Substance]] = defaultdict(list)
        for substance in self._register:
            for code in substance.atc:
                listed[code].append(substance)
        return listed


class _Names:
    """Every name of a register by its form: its spelling, or its sound in a script."""

    def __init__(self, register: SubstanceRegister) -> None:
        self._register = register
        self._forms = lru_cache(maxsize=None)(self._index)

    def near(self, name_key: str) -> Iterator[tuple[Substance, float, str]]:
        """Yield substances of near names: how like they are, from 0 to 1, and that in words."""
        script = script_of(name_key)
        form = _form(name_key, script)
        if form is None:
            return
        way = "sounds" if script else "is spelt"
        forms = self._forms(script)
        if start := _longest_start(form, forms):
            for substance in forms[start]:
                yield substance, _START, f"the start of `{name_key}` {way} like {substance.inn}"
        scorer = Levenshtein.normalized_similarity
        for near, likeness, _ in extract(
            form, forms.keys(), scorer=scorer, score_cutoff=_LEAST_LIKE, limit=_MOST_NEAR
        ):
            for substance in forms[near]:
                step = f"`{name_key}` {way} like {substance.inn}, {likeness:.0%} the same"
                yield substance, likeness, step

    def _index(self, script: Script | None) -> Mapping[str, list[Substance]]:
        forms: dict[str, dict[Substance, None]] = defaultdict(dict)
        for substance in self._register:
            own = {substance.inn, *substance.names.get("en", ())}
            for name in substance.all_names():
                name_key = key(name)
                # The sounds of the synonyms would be many, and help nobody.
                is_told = not script or name in own or not name_key.isascii()
                form = _form(name_key, script) if is_told else None
                if form and len(name_key) <= _LONGEST_NAME:
                    forms[form][substance] = None
        return {form: list(holders) for form, holders in forms.items()}


def _longest_start(form: str, forms: Mapping[str, object]) -> str | None:
    """Find the longest form that another starts with and goes on from."""
    starts = (form[:length] for length in range(len(form) - 1, _SHORTEST_START - 1, -1))
    return next((start for start in starts if start in forms), None)


def _form(name_key: str, script: Script | None) -> str | None:
    """Give what to compare a name by: spelling without a script, sound in one; None if neither."""
    if name_key.isascii():
        return next(latin_sounds(name_key, script)) if script else skeleton(name_key)
    return sound(name_key, script) if script and script is script_of(name_key) else None


def _parts(text: str) -> Iterator[str]:
    """Yield what may be a name in a text: its members, its brackets, its words."""
    folded = fold(text)
    around, asides = apart(folded)
    parts = [*members(folded), around, *asides]
    words = [word.strip(",;.") for word in bare(around).split() if len(word) >= _SHORTEST_WORD]
    yield from (part for part in dict.fromkeys([*parts, *words]) if part not in {"", folded})


def _candidate(substance: Substance, method: str, confidence: float, reason: str) -> Candidate:
    return Candidate(substance.inn, substance.unii, method, confidence, (reason,))


def _joined(same: Sequence[Candidate]) -> Candidate:
    """Join what speaks for one substance under the strongest of it."""
    ordered = sorted(same, key=lambda each: -each.confidence)
    reasons = dict.fromkeys(reason for each in ordered for reason in each.reasons)
    return replace(ordered[0], reasons=tuple(reasons))
