"""Texts that meet given patterns in every way in which any text can.

All patterns are followed side by side, letter by letter, as machines that read a text. For
`representatives.py`, which takes the texts found for values that stand for all others.
"""

from collections.abc import Sequence

MOST_STATES = 2_000
"""Most ways of having read part of a text that are followed."""

Pattern = Sequence[str | None]
"""Pieces of text, and None for any characters."""


def meetings(patterns: Sequence[Pattern]) -> list[str] | None:
    """Give, for each combination of the patterns that some text meets, one such text.

    None where there are too many to follow.
    """
    machines = [_steps(pattern) for pattern in patterns]
    letters = sorted({step for steps in machines for step in steps if step is not None})
    letters.append(_other_than(letters))
    start = tuple(_closed(steps, frozenset((0,))) for steps in machines)
    texts = {start: ""}
    waiting = [start]
    for state in waiting:
        for letter in letters:
            read = tuple(map(_read, machines, state, [letter] * len(machines)))
            if read not in texts:
                texts[read] = texts[state] + letter
                waiting.append(read)
        if len(texts) > MOST_STATES:
            return None
    met: dict[tuple[bool, ...], str] = {}
    for state in waiting:
        ends = zip(machines, state, strict=True)
        met.setdefault(tuple(len(steps) in places for steps, places in ends), texts[state])
    return [*met.values()]


def _steps(pattern: Pattern) -> list[str | None]:
    return [step for part in pattern for step in ([None] if part is None else part)]


def _read(steps: list[str | None], places: frozenset[int], letter: str) -> frozenset[int]:
    """Move on by one letter from each place in a pattern that may be reached."""
    reached = set()
    for place in places:
        if place < len(steps) and steps[place] is None:
            reached.add(place)
        elif place < len(steps) and steps[place] == letter:
            reached.add(place + 1)
    return _closed(steps, frozenset(reached))


def _closed(steps: list[str | None], places: frozenset[int]) -> frozenset[int]:
    """Add the places behind wildcards, which may stand for nothing."""
    found = set(places)
    for place, step in enumerate(steps):
        if step is None and place in found:
            found.add(place + 1)
    return frozenset(found)


def _other_than(letters: Sequence[str]) -> str:
    return next(letter for letter in map(chr, range(ord("a"), 0x10000)) if letter not in letters)
