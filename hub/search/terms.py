"""What words a text is found by, and what a question asks for.

Names come in one spelling: full width, one case, no accents on Latin, hiragana as katakana. Scripts
without blanks (Han, kana, Hangul) are cut into pairs of signs. Codes lose their dashes and dots.
A record's texts and a question's go through the same functions; what is found is the index's.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from federation.substances.normalise import fold

MAX_FORM = 500
"""Characters of a name that are looked at; some titles of recalls are a page long."""

MAX_CODE = 40
"""Longest code; a national id beyond it is a description."""

LEAST_PREFIX = 3
"""Characters from which on the beginning of a code is a question."""

_LEAST_CODE_WORD = 6
"""Characters that a word among others has at least to be taken for a code."""

_MAX_WORDS = 12
"""Words of a question that are tried as codes or as names of substances."""

_MAX_SPAN = 5
"""Words of a substance's name in a question."""

_HIRAGANA = {sign: sign + 0x60 for sign in range(0x3041, 0x3097)}
_APART = re.compile(r"[\W_]+")
_UNSPACED = "\u3005\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3"
_RUNS = re.compile(rf"(?P<unspaced>[{_UNSPACED}]+)|\d+|[^{_UNSPACED}\d ]+")
_CODE_WORDS = re.compile(r"[\s:#]+|(?<=[A-Za-z]{2})-")
_NDC = re.compile(r"(\d{4,5})-(\d{3,4})-(\d{1,2})")
_NDC_SHAPES = (0, 5, 9)
"""Where a ten-digit NDC lacks the zero that makes it eleven digits: 4-4-2, 5-3-2 and 5-4-1."""


def form_of_name(text: str) -> str:
    """Bring a name to its one spelling: words of letters and digits, one blank apart."""
    return _APART.sub(" ", fold(text).translate(_HIRAGANA)).strip()[:MAX_FORM].rstrip()


def form_of_code(text: str) -> str | None:
    """Reduce a code to its letters and digits; None for what is none: it has a digit, is ASCII."""
    bare = _APART.sub("", unicodedata.normalize("NFKC", text)).upper()
    is_code = bare.isascii() and len(bare) <= MAX_CODE and any(sign.isdigit() for sign in bare)
    return bare if is_code else None


def words_of(form: str) -> list[str]:
    """Cut a name's form into what it is found by: words, and pairs of signs of unspaced scripts."""
    return list(dict.fromkeys(_words(form)))


def runs_of(form: str) -> list[str]:
    """Cut a name's form into its words, and its runs of unspaced scripts."""
    return [found[0] for found in _RUNS.finditer(form)]


def _words(form: str) -> Iterator[str]:
    for found in _RUNS.finditer(form):
        run = found[0]
        if found["unspaced"] and len(run) > 1:
            yield from (run[place : place + 2] for place in range(len(run) - 1))
        else:
            yield run


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a question that may name a substance, and what its other words are found by."""

    form: str
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """A question's text as it is looked for. `form` is empty where it has no letter or digit.

    Attributes:
        form: the whole as a name.
        words: what it is found by in names.
        runs: what stands in a name as it is written, where not only its pairs do.
        codes: the codes it may be, in all their spellings.
        prefix: the beginning of a code that it may be.
        spans: what in it may name a substance.
    """

    form: str
    words: tuple[str, ...]
    runs: tuple[str, ...]
    codes: tuple[str, ...]
    prefix: str | None
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, text: str) -> "Sought":
        """Read a text."""
        form = form_of_name(text)
        whole = form_of_code(text)
        return cls(
            form,
            tuple(words_of(form)),
            tuple(runs_of(form)),
            tuple(dict.fromkeys(_codes(text, whole))),
            whole if whole and len(whole) >= LEAST_PREFIX else None,
            tuple(_spans(form.split())),
        )


def _codes(text: str, whole: str | None) -> Iterator[str]:
    """Yield the codes that a text is or holds, such as the number after `PZN`."""
    if whole:
        yield from _spellings(text.strip(), whole)
    for word in _CODE_WORDS.split(text)[:_MAX_WORDS]:
        code = form_of_code(word)
        if code and len(code) >= _LEAST_CODE_WORD:
            yield from _spellings(word, code)


def _spellings(text: str, code: str) -> Iterator[str]:
    """Yield a code and what it is with or without a leading zero, or in another form of the NDC."""
    yield code
    if not code.isdigit():
        return
    if dashed := _NDC.fullmatch(text):
        yield dashed[1].zfill(5) + dashed[2].zfill(4) + dashed[3].zfill(2)
    elif len(code) == len("0002143380"):
        yield from (f"{code[:place]}0{code[place:]}" for place in _NDC_SHAPES)
    elif len(code) == len("00002143380"):
        zeros = (place for place in _NDC_SHAPES if code[place] == "0")
        yield from (code[:place] + code[place + 1 :] for place in zeros)
    yield f"0{code}"
    yield code.removeprefix("0")


def _spans(words: list[str]) -> Iterator[Span]:
    """Yield runs of words, each with what the others are found by."""
    words = words[:_MAX_WORDS]
    for start in range(len(words)):
        for end in range(start + 1, min(start + _MAX_SPAN, len(words)) + 1):
            rest = " ".join(words[:start] + words[end:])
            yield Span(" ".join(words[start:end]), tuple(words_of(rest)))
