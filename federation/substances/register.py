"""The alliance's own register of substances: names in the members' languages, made from facts.

`register.csv` beside this file is the register of the product; any file of the same columns will
do. Look-ups here are exact. Reading a member's text is the resolver's work.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from federation.errors import DeclarationFault
from federation.substances.normalise import key

LANGUAGES = ("en", "ko", "ja", "fr", "de", "in")  # `in` is Indian usage, not a language code
COLUMNS = ("inn", "unii", "cas", "atc", *LANGUAGES)
BUNDLED = Path(__file__).with_name("register.csv")

_UNII = re.compile(r"[A-Z0-9]{10}")
_CAS = re.compile(r"\d{2,7}-\d{2}-\d")
_ATC = re.compile(r"[A-Z]\d{2}[A-Z]{2}\d{2}")


@dataclass(frozen=True)
class Substance:
    """One substance of the register.

    Attributes:
        inn: lower case; the WHO ATC name where ATC lists the substance.
        unii: of the substance, not of a salt; None where none is known.
        cas: likewise.
        atc: level-5 codes, sorted.
        names: by language (`LANGUAGES`), the usual one first.
    """

    inn: str
    unii: str | None
    cas: str | None
    atc: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]] = field(hash=False)

    def all_names(self) -> Iterator[str]:
        """Yield the INN, then every name in every language."""
        yield self.inn
        for names in self.names.values():
            yield from names


class SubstanceRegister:
    """Substances, found by name in any language, by UNII and by INN."""

    def __init__(
        self,
        substances: Iterable[Substance] = (),
        brands: Mapping[str, frozenset[Substance]] | None = None,
        makers: frozenset[str] = frozenset(),
        salt_uniis: Mapping[str, Substance] | None = None,
    ) -> None:
        """Index the substances; `Raises:` as `add`.

        Args:
            substances: each with names that no other has.
            brands: what is in a product, by the key of its brand.
            makers: keys of names that stand after an INN to make a brand ("Docetaxel Kabi").
            salt_uniis: what the codes of salts, esters and hydrates are made of.
        """
        self._brands = brands or {}
        self.makers = makers
        self._by_inn: dict[str, Substance] = {}
        self._by_unii: dict[str, Substance] = {}
        self._by_salt_unii = salt_uniis or {}
        self._by_atc: dict[str, Substance | None] = {}
        self._by_name: dict[str, Substance] = {}
        for substance in substances:
            self.add(substance)

    def add(self, substance: Substance) -> None:
        """Index one more substance.

        Raises:
            DeclarationFault: another one has its INN, its UNII or one of its names.
        """
        if substance.inn in self._by_inn:
            raise DeclarationFault(f"`{substance.inn}` is there twice: keep one row")
        if substance.unii and substance.unii in self._by_unii:
            other = self._by_unii[substance.unii].inn
            raise DeclarationFault(
                f"unii `{substance.unii}` is also that of `{other}`: correct one"
            )
        for name in substance.all_names():
            holder = self._by_name.setdefault(key(name), substance)
            if holder is not substance:
                raise DeclarationFault(
                    f"`{name}` of `{substance.inn}` also names `{holder.inn}`: take it from one"
                )
        self._by_inn[substance.inn] = substance
        if substance.unii:
            self._by_unii[substance.unii] = substance
        for code in substance.atc:
            self._by_atc[code] = None if code in self._by_atc else substance

    def __iter__(self) -> Iterator[Substance]:
        return iter(self._by_inn.values())

    def __len__(self) -> int:
        return len(self._by_inn)

    def named(self, name: str) -> Substance | None:
        """Find a substance by one of its names, in any language and spelling of case or blanks."""
        return self._by_name.get(key(name))

    def keyed(self, name_key: str) -> Substance | None:
        """Find a substance by the key of one of its names (`normalise.key`)."""
        return self._by_name.get(name_key)

    def branded(self, name_key: str) -> frozenset[Substance]:
        """Find what is in the product of a brand, by the brand's key; nothing when unknown."""
        return self._brands.get(name_key, frozenset())

    def brands(self) -> Iterable[tuple[str, frozenset[Substance]]]:
        """Give every brand's key and what is in its product."""
        return self._brands.items()

    def with_unii(self, unii: str) -> Substance | None:
        """Find a substance by its UNII, or by that of a salt, ester or hydrate of it."""
        return self._by_unii.get(unii) or self._by_salt_unii.get(unii)

    def with_atc(self, code: str) -> Substance | None:
        """Find the only substance with an ATC code of level 5; of a combination there is none."""
        return self._by_atc.get(code)

    def with_inn(self, inn: str) -> Substance | None:
        """Find a substance by its INN, lower case."""
        return self._by_inn.get(inn)


def load_register(path: Path | None = None) -> SubstanceRegister:
    """Read a register; the bundled one unless a path is given.

    Raises:
        DeclarationFault: a line is malformed, out of order or repeats another; the message names
            the line and the mend.
    """
    path = path or BUNDLED
    with path.open(encoding="utf-8", newline="") as lines:
        return read_register(lines, path.name)


def read_register(lines: Iterable[str], name: str) -> SubstanceRegister:
    """Read a register from the lines of a file of this name; `Raises:` as `load_register`."""
    register = SubstanceRegister()
    last = ""
    reader = csv.DictReader(lines, restkey="beyond")
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise DeclarationFault(f"{name} line 1: write the columns {','.join(COLUMNS)}")
    for row in reader:
        try:
            register.add(_substance(row, after=last))
        except DeclarationFault as fault:
            raise DeclarationFault(f"{name} line {reader.line_num}: {fault}") from None
        last = row["inn"]
    return register


def _substance(row: Mapping[str, str], *, after: str) -> Substance:
    if None in row.values() or "beyond" in row:
        raise DeclarationFault(f"the line has not {len(COLUMNS)} cells: quote names with commas")
    inn, unii, cas = row["inn"], row["unii"], row["cas"]
    atc = tuple(code for code in row["atc"].split(";") if code)
    if not key(inn) or inn != inn.strip().lower():
        raise DeclarationFault(f"inn `{inn}` is not a lower-case name: write it so")
    if inn < after:
        raise DeclarationFault(f"`{inn}` stands after `{after}`: sort by inn")
    if unii and not _UNII.fullmatch(unii):
        raise DeclarationFault(f"unii `{unii}` is not ten capitals or digits: correct or empty it")
    if cas and not is_cas_number(cas):
        raise DeclarationFault(f"cas `{cas}` fails its check digit: correct or empty it")
    for code in atc:
        if not _ATC.fullmatch(code):
            raise DeclarationFault(f"atc `{code}` is no level-5 code: correct it, joined by `;`")
    names = {language: _names(row[language]) for language in LANGUAGES}
    return Substance(inn, unii or None, cas or None, atc, MappingProxyType(names))


def _names(cell: str) -> tuple[str, ...]:
    names = tuple(cell.split("|")) if cell else ()
    for name in names:
        if not key(name) or name != name.strip():
            raise DeclarationFault(f"`{cell}` holds an empty or padded name: join names by `|`")
    return names


def is_cas_number(text: str) -> bool:
    """Tell whether text has the shape of a CAS number and its check digit is right.

    Source: CAS, Check Digit Verification of CAS Registry Numbers.
    """
    if not _CAS.fullmatch(text):
        return False
    *digits, check = (int(digit) for digit in text if digit != "-")
    weighted = sum(place * digit for place, digit in enumerate(reversed(digits), start=1))
    return weighted % 10 == check


def substance_key(inn: str) -> str:
    """Key of the Substance record of an INN."""
    return f"ALLIANCE.Substance.{inn}"
