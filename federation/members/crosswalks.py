"""Every crosswalk that the members' feeds declare, by id, and the document of them all.

They are found where they stand: no list of them can forget one.
"""

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType

from federation import members
from federation.errors import DeclarationFault
from federation.harmonize.currencies import CURRENCY_WORDS
from federation.harmonize.strength_units import UNIT_LISTS
from federation.vocabularies import dose_forms, routes, terms
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.dose_forms import DoseForm
from federation.vocabularies.edition import EDITION
from federation.vocabularies.vocabulary import Vocabulary
from federation.vocabularies.word_list import WordList


def _declared() -> Iterator[Crosswalk]:
    for module in pkgutil.walk_packages(members.__path__, f"{members.__name__}."):
        if module.name != __name__:
            found = vars(import_module(module.name)).values()
            yield from (value for value in found if isinstance(value, Crosswalk))


def _by_id() -> dict[str, Crosswalk]:
    found: dict[str, Crosswalk] = {}
    for crosswalk in _declared():
        if found.setdefault(crosswalk.id, crosswalk) is not crosswalk:
            raise DeclarationFault(f"two crosswalks are called `{crosswalk.id}`: rename one")
    return dict(sorted(found.items()))


CROSSWALKS: Mapping[str, Crosswalk] = MappingProxyType(_by_id())

WORD_LISTS: tuple[WordList, ...] = (*UNIT_LISTS, CURRENCY_WORDS)

VERSIONED: tuple[Crosswalk | WordList, ...] = (*CROSSWALKS.values(), *WORD_LISTS)
"""All that the edition counts."""

_INTRODUCTION = f"""\
# Vocabularies

Written from `federation/vocabularies/` and the members' crosswalks by `hub schema`; do not edit.
This is edition {EDITION}; a record's `vocabularyEdition` says by which it was mapped. A native term
that a crosswalk does not list becomes `UNMAPPED`, and its text is kept.
"""


def document() -> str:
    """Write all vocabularies, then all crosswalks."""
    vocabularies = sorted(_vocabularies(), key=lambda one: one.__name__)
    parts = [_INTRODUCTION, *map(_vocabulary, vocabularies)]
    parts += ["# Crosswalks\n", *map(_crosswalk, CROSSWALKS.values())]
    parts += ["# Word lists\n", *map(_word_list, WORD_LISTS)]
    return "\n".join(parts)


def _vocabularies() -> set[type[Vocabulary]]:
    values = [value for module in (terms, dose_forms, routes) for value in vars(module).values()]
    kinds = {value for value in values if isinstance(value, type) and issubclass(value, Vocabulary)}
    return kinds - {Vocabulary}


def _vocabulary(vocabulary: type[Vocabulary]) -> str:
    if vocabulary is DoseForm:
        return _dose_forms()
    rows = "".join(f"| `{term}` | {term.doc} |\n" for term in vocabulary)
    head = f"## {vocabulary.__name__}\n\n{_summary(vocabulary)}\n"
    return f"{head}\n| term | what it means |\n| --- | --- |\n{rows}"


def _dose_forms() -> str:
    rows = "".join(
        f"| `{form}` | {form.code or '–'} | `{form.basic_form}` | `{form.release}` "
        f"| {' '.join(f'`{route}`' for route in form.routes) or '–'} |\n"
        for form in DoseForm
    )
    head = f"## DoseForm\n\n{_summary(DoseForm)} Those without a code are broader than EDQM's.\n"
    columns = "| term | EDQM code | basic form | release | route implied |"
    return f"{head}\n{columns}\n| --- | --- | --- | --- | --- |\n{rows}"


def _summary(vocabulary: type[Vocabulary]) -> str:
    return (vocabulary.__doc__ or "").partition("\n")[0]


def _crosswalk(crosswalk: Crosswalk) -> str:
    rows = "".join(
        f"| {native.replace('|', '&#124;')} | {_common(common)} |\n"
        for native, common in crosswalk.terms.items()
    )
    head = f"## {crosswalk.id}\n\nTo {crosswalk.vocabulary.__name__}, version {crosswalk.version}."
    return f"{head}\n\n| native | common |\n| --- | --- |\n{rows}"


def _word_list(words: WordList) -> str:
    rows = "".join(f"| {word} | `{code}` |\n" for word, code in words.words.items())
    head = f"## {words.id}\n\nTo {words.system}, version {words.version}."
    return f"{head}\n\n| word | code |\n| --- | --- |\n{rows}"


def _common(common: Vocabulary | tuple[Vocabulary, ...]) -> str:
    return " ".join(f"`{term}`" for term in (common if isinstance(common, tuple) else (common,)))
