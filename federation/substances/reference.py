"""The register that the reference feeds' rows make: WHO ATC, DrugBank, HemOnc, name pairs, brands.

None of it is shipped. Reading the files is the matter of `federation/members/alliance`; what a name
stands for when they disagree is that of `claims`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import polars as pl

from federation.substances import salts
from federation.substances.claims import Claims, Draft, Standing
from federation.substances.normalise import fold, key
from federation.substances.register import SubstanceRegister
from federation.substances.spellings import skeleton

Row = Mapping[str, Any]
Tables = Mapping[str, pl.DataFrame]
Omit = Callable[[str], bool]

_SEVERAL = re.compile(r"combination|\band\b|\bwith\b|/|^various$|^others?\b", re.IGNORECASE)
_VITAMIN = re.compile(r" \(vit [a-z]\d*\)", re.IGNORECASE)
_ALSO = re.compile(r"(?P<name>[^()]+) \((?P<other>[^()\d]+)\)")
_IONS = re.compile(r" \((?:chloride|citrate)\)")  # "orphenadrine (citrate)" is orphenadrine
_SALT = re.compile(r"[A-Za-z]+ [a-z]+(?:ate|ide)", re.IGNORECASE)
_QUALIFIER = re.compile(r" (?:human|recombinant)$", re.IGNORECASE)
_MEMBERS = re.compile(r"\s*(?:/|;|,| and )\s*")
_DOSE = re.compile(
    r",? *(?:\(anhydrous\) *)?\d[\d.]* *(?:m?c?g|ml|iu|u|mu|mmol)?\b.*", re.IGNORECASE
)
_CENTRALISED = "Centralised"  # other rows list products of a referral under all its substances
_PAIRS = (
    ("ref.pmda_ja_en", "ja_name", "en_name_jan", "ja"),
    ("ref.mfds_ko_en", "ko_name", "en_name", "ko"),
)


def read_reference(tables: Tables, omit: Omit = lambda _inn: False) -> SubstanceRegister:
    """Make the register of the reference feeds' rows; feeds that are not there are skipped.

    Args:
        tables: native rows by feed id, such as `ref.who_atc`.
        omit: tells the substances whose Korean, Japanese and German names to leave out: a
            measurement asks what is resolved without them.
    """
    claims = Claims()
    listed = _claim_atc(claims, _rows(tables, "ref.who_atc"))
    _claim_drugbank(claims, _rows(tables, "ref.drugbank_vocabulary"))
    _claim_hemonc(claims, _rows(tables, "ref.hemonc"))
    for draft in dict.fromkeys(listed.values()):
        if also := _ALSO.fullmatch(draft.inn):
            claims.claim(also["name"], draft, Standing.DERIVED)
            claims.claim(also["other"], draft, Standing.DERIVED)
    for feed, native, english, language in _PAIRS:
        for row in _rows(tables, feed):
            _claim_pair(claims, row[native] or "", row[english] or "", language, omit)
    for row in _rows(tables, "ref.epha_de"):
        if (named := listed.get(row["code"])) and not omit(named.inn):
            claims.claim(row["name"] or "", named, Standing.STATED_PAIR, "de")
    _claim_brands(claims, tables)
    for row in _rows(tables, "ref.openfda_unii"):
        if found := claims.find_base(row["substance_name"] or ""):
            claims.code_of_salt(row["unii"] or "", found[0])
    return claims.register()


def _rows(tables: Tables, feed: str) -> Sequence[Row]:
    return tables[feed].to_dicts() if feed in tables else ()


def _claim_atc(claims: Claims, rows: Sequence[Row]) -> dict[str, Draft]:
    """Claim every substance that ATC lists alone; give them by code."""
    listed: dict[str, Draft] = {}
    for row in rows:
        code, name = row["atc_code"] or "", row["atc_name"] or ""
        if len(code) != len("A01AA01") or _SEVERAL.search(name):
            continue
        inn = _IONS.sub("", _VITAMIN.sub("", name)).lower()
        draft = claims.find(inn) or Draft(inn)
        draft.atc.add(code)
        listed[code] = draft
        claims.claim(inn, draft, Standing.ATC, "en")
    return listed


def _claim_drugbank(claims: Claims, rows: Sequence[Row]) -> None:
    listed = {row["Common name"]: claims.find(row["Common name"] or "") for row in rows}
    bases = _by_base(claims)
    taken = frozenset(filter(None, listed.values()))
    drafts = [listed[row["Common name"]] or _draft_of(claims, bases, taken, row) for row in rows]
    exactest = sorted(zip(drafts, rows, strict=True), key=lambda pair: -_exactness(*pair))
    for draft, row in exactest:
        draft.unii, draft.cas = draft.unii or row["UNII"], draft.cas or row["CAS"]
    for draft, row in zip(drafts, rows, strict=True):
        claims.claim(row["Common name"] or "", draft, Standing.COMMON_NAME, "en")
        for synonym in _synonyms(row):
            claims.claim(synonym, draft, Standing.SYNONYM)


def _by_base(claims: Claims) -> dict[str, Draft]:
    """Index what ATC lists only as one salt ("levothyroxine sodium") by the name without."""
    bases: dict[str, set[Draft]] = defaultdict(set)
    for draft in claims.drafts():
        for base in claims.base_names(draft.inn):
            bases[base].add(draft)
    return {base: drafts.pop() for base, drafts in bases.items() if len(drafts) == 1}


def _draft_of(
    claims: Claims, bases: Mapping[str, Draft], taken: Collection[Draft], row: Row
) -> Draft:
    """Find what ATC lists under another name, or as the acid or base of this one; else draft it.

    Args:
        claims: those of ATC.
        bases: as `_by_base` gives them.
        taken: what bears the common name of another row: a synonym is no evidence for it.
        row: of DrugBank, whose common name ATC does not list.
    """
    common = row["Common name"] or ""
    if draft := claims.find(_QUALIFIER.sub("", common)):
        return draft
    listed = {draft for synonym in _synonyms(row) if (draft := claims.find(synonym))} - {*taken}
    if len(listed) == 1:
        return listed.pop()
    if draft := bases.get(key(common)):
        return draft
    if base := claims.find_base(common):
        return base[0]
    salty = [name for name in _synonyms(row) if _SALT.fullmatch(name)]
    based = {base[0] for name in salty if (base := claims.find_base(name))} - {*taken}
    return based.pop() if len(based) == 1 else Draft(_inn(row))


def _inn(row: Row) -> str:
    """Take the spelling of the common name that has a Latin form beside it for the INN."""
    common = row["Common name"] or ""
    synonyms = _synonyms(row)
    folded = {fold(name) for name in synonyms}
    for name in (common, *synonyms):
        has_latin = fold(name).removesuffix("e") + "um" in folded
        if has_latin and skeleton(key(name)) == skeleton(key(common)):
            return name.lower()
    return common.lower()


def _synonyms(row: Row) -> list[str]:
    return (row["Synonyms"] or "").split(" | ")


def _exactness(draft: Draft, row: Row) -> int:
    """Tell how surely a row is of the substance itself, and not of a salt of it."""
    if key(row["Common name"] or "") == key(draft.inn):
        return 2
    return int(key(draft.inn) in map(key, _synonyms(row)))


def _claim_hemonc(claims: Claims, rows: Sequence[Row]) -> None:
    """Claim the components' names; a component of several members is a brand of these.

    HemOnc's brands and conditions are passed over.
    """
    components = [row for row in rows if row["concept_class_id"] == "Component"]
    for first, others in ((row["concept_name"], row["synonym_name[]"]) for row in components):
        members = [claims.find(part) for part in first.split("-")]
        if len(members) > 1 and all(members):
            for name in (first, *others):
                claims.brand(name, filter(None, members))
            continue
        known = {draft for name in (first, *others) if (draft := claims.find(name))}
        if len(known) > 1:
            known = {draft} if (draft := claims.find(first)) else set()
        draft = known.pop() if known else Draft(first.lower())
        for name in (first, *others):
            claims.claim(name, draft, Standing.SECOND_HAND)


def _claim_pair(claims: Claims, native: str, english: str, language: str, omit: Omit) -> None:
    """Claim a native name for what its English side names, with the salt and without it."""
    found = claims.find_base(english)
    if not found or omit(found[0].inn):
        return
    draft, base = found
    claims.claim(native, draft, Standing.STATED_PAIR, language)
    for bases in salts.bases(key(native)):
        for less in bases:
            if base.taken and sorted(less.taken) == sorted(base.taken):
                claims.claim(less.name, draft, Standing.DERIVED, language)


def _claim_brands(claims: Claims, tables: Tables) -> None:
    for row in _rows(tables, "ref.eu_register"):
        if row["Procedure type"] == _CENTRALISED and row["Human or veterinary"] == "Human":
            _claim_brand(claims, row["Brand name"] or "", row["Active substance"] or "")
    for row in _rows(tables, "ref.who_atc_combinations"):
        members = "/".join(_DOSE.sub("", part) for part in (row["ingredients"] or "").split("/"))
        for brand in (row["brand_name"] or "").split(","):
            _claim_brand(claims, brand, members)


def _claim_brand(claims: Claims, brand: str, members: str) -> None:
    whole = claims.find_base(members)
    found = [whole] if whole else [claims.find_base(name) for name in _MEMBERS.split(members)]
    known = [hit[0] for hit in found if hit]
    if key(brand) and len(known) == len(found):
        claims.brand(brand, known)
