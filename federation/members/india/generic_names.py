"""Jan Aushadhi's Generic Name taken apart: ingredients, each with its strength where it has one.

The name is one text of ingredients, strengths, dose form and pharmacopoeia in any order, such as
`Ibuprofen 400mg and Paracetamol 325mg Tablets IP` or `Telmisartan + Indapamide Tablet (40/1.5 Mg)`.
A name that does not read as such stays one text. Start at `ingredients`.
"""

import re
from dataclasses import dataclass, replace

_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = (
    r"(?:mg|mcg|gms?|g|kg|ml|iu|units?|k\s?au|au|[mb]illion(?:\s(?:spores?|iu))?|%(?:\s?[wv]/[wv])?)"
    r"(?![a-z])"
)
_PER = rf"(?:(?:/|per\b)\s?(?:{_NUMBER})?\s?(?:ml|mg|g|hours?|vial)(?![a-z]))"
_AMOUNT = rf"{_NUMBER}\s?(?:{_UNIT})?"

_DOSE = re.compile(rf"(?<![\d.,:-]){_NUMBER}\s?{_UNIT}(?:\s?{_PER})?", re.IGNORECASE)
_VOLUME = re.compile(rf"{_NUMBER}\s?ml", re.IGNORECASE)
_PER_AT_END = re.compile(rf"({_PER})$", re.IGNORECASE)
_AMOUNTS_AT_END = re.compile(rf"\(\s?({_AMOUNT}(?:\s?[/+]\s?{_AMOUNT})+)\s?\)$", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s(?:and|&)\s|\s?\+\s?|\s?,(?!\d)\s?|(?<=w/w)\swith\s", re.IGNORECASE)
_BRACKET = re.compile(r"\(([^()]*)\)")
_EACH = re.compile(r"^each\b[^:]*:\s*", re.IGNORECASE)
_PACK = re.compile(r"^combi(?:pack|kit) of\s", re.IGNORECASE)
_EXCIPIENT = re.compile(r"\(as (?:preservative|buffer)\)", re.IGNORECASE)
_NO_NAME = re.compile(
    r"(?<![\w-])[\d.:/]+(?![\w-])|%|^human$"
    r"|\b(?:with|flavour|formula|rehydration|janaushadhi|contain\w*)\b",
    re.IGNORECASE,
)
_MIN_LETTERS = 4

_FORM_WORDS = frozenset(
    """
    tablet tablets tab capsule capsules capulses injection infusion intravenous intravenouse
    suspension solution syrup drops cream gel ointment lotion granules spray shampoo soap face wash
    facewash nail lacquer rotacaps sachet suppositories suppository pessaries pessary patch patches
    strip strips inhaler respules lozenges mouthwash gargle powder solvent vial pouch amp polypack
    oral orally ophthalmic eye eye/ear ear nasal topical transdermal vaginal dusting dry soft
    gelatin sterile chewable dispersible disintegrating dissolving mouth effervescent sublingual
    enteric coated enteric-coated film gastro resistant resistance gastro-resistant
    gastro-resistance sustained extended prolonged controlled modified delayed release relase
    sustained-release extended-release extended-relase prolonged-release controlled-release
    modified-release delayed-release sr er xr cr pr mr dr ir ec for use and ip i.p i.p. bp b.p. usp
    """.split()  # noqa: SIM905 a list of words reads as words
)
"""Words of form, release and pharmacopoeia: no part of a name."""


@dataclass(frozen=True, slots=True)
class Part:
    """An ingredient of a Generic Name; `is_read` is false where the name stayed one text."""

    name: str
    strength: str | None = None
    is_excipient: bool = False
    is_read: bool = True


def ingredients(generic_name: str) -> tuple[Part, ...]:
    """Take a Generic Name apart; what does not read as ingredients comes back as one text."""
    whole = " ".join(generic_name.split())
    text = _PACK.sub("", whole)
    return _composition(text) or _listed(text) or (Part(whole, is_read=False),)


def _composition(text: str) -> tuple[Part, ...]:
    """Read `Co-trimoxazole (Sulphamethoxazole 100mg and Trimethoprim 20mg) Tablets`."""
    brackets = _BRACKET.findall(text)
    if len(brackets) != 1 or _SEPARATOR.search(_BRACKET.sub(" ", text)):
        return ()
    found = _listed(_EACH.sub("", brackets[0].strip()))
    return found if len(found) > 1 and all(item.strength for item in found) else ()


def _listed(text: str) -> tuple[Part, ...]:
    """Read a list of ingredients; empty where one of its parts is no name."""
    text, amounts = _amounts_at_end(text)
    text, per = _per_at_end(text)
    parts = [part for part in map(_part, _split(text)) if part.name]
    if not all(part.is_read for part in parts):
        return ()
    if amounts and len(amounts) == len(parts):
        parts = [
            replace(part, strength=amount) for part, amount in zip(parts, amounts, strict=True)
        ]
    if len(parts) == 1 and _VOLUME.fullmatch(parts[0].strength or ""):
        parts = [replace(parts[0], strength=None)]  # the volume of the pack
    return tuple(
        replace(part, strength=f"{part.strength} {per}") if part.strength and per else part
        for part in parts
    )


def _part(text: str) -> Part:
    """Read one ingredient; a pack size or a form has no name."""
    doses = list(_DOSE.finditer(text))
    if len(doses) > 1 and _stripped(text[doses[0].end() : doses[1].start()]).strip("( "):
        return Part(text, is_read=False)  # two ingredients with nothing between them
    name = _without_forms(_EXCIPIENT.sub("", _DOSE.sub(" ", text)))
    is_read = len(re.findall("[A-Za-z]", name)) >= _MIN_LETTERS and not _NO_NAME.search(name)
    strength = doses[0][0] if doses else None
    return Part(name, strength, bool(_EXCIPIENT.search(text)), is_read)


def _without_forms(text: str) -> str:
    """Take words of form away, and brackets that hold nothing else but a number."""

    def inside(bracket: re.Match[str]) -> str:
        said = _stripped(bracket[1])
        return f"({said})" if said.strip("0123456789") else " "

    return _stripped(_BRACKET.sub(inside, text))


def _stripped(text: str) -> str:
    words = (word for word in text.split() if word.casefold().strip(".,;:()") not in _FORM_WORDS)
    return " ".join(words).strip(" .,;:")


def _amounts_at_end(text: str) -> tuple[str, list[str]]:
    """Take `(40/5 Mg)` off: an amount for each ingredient, the unit said once."""
    found = _AMOUNTS_AT_END.search(text)
    before = text[: found.start()].strip() if found else text
    amounts = [amount.strip() for amount in re.split("[/+]", found[1])] if found else []
    if not found or len(amounts) != len(_split(before)):
        return text, []
    unit = re.sub(rf"^{_NUMBER}\s?", "", amounts[-1])
    return before, [
        f"{amount} {unit}".strip() if amount[-1].isdigit() else amount for amount in amounts
    ]


def _per_at_end(text: str) -> tuple[str, str]:
    """Take `per 5ml` off where it stands behind the form, and so speaks for all ingredients."""
    found = _PER_AT_END.search(text)
    if not found or any(dose.start() < found.start() < dose.end() for dose in _DOSE.finditer(text)):
        return text, ""
    return text[: found.start()].strip(), found[1]


def _split(text: str) -> list[str]:
    """Cut at separators outside brackets."""
    hidden = _BRACKET.sub(lambda bracket: "\0" * len(bracket[0]), text)
    cuts = [match.span() for match in _SEPARATOR.finditer(hidden)]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(text)]
    return [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
