"""openFDA's `openfda` block: what the label says of a record, where it is the record's own label.

The block is joined by NDC. It may be missing or empty, it speaks of all products and packages of
the label at once, and now and then it is the label of another drug.
"""

import re
from collections.abc import Mapping, Sequence

from federation.harmonize.strengths import parted, read_strength, strengths_in
from federation.records.declaration import Json

FORM_AT_END = (
    r"(?i)\s+(?:(?:ophthalmic|oral|nasal|topical|injectable|transdermal|delayed release)\s+)?"
    r"(?:injection|tablet|capsule|solution|suspension|powder|concentrate|irrigant|spray|cream|gel|"
    r"ointment|lotion|syrup|film|patch|system|ring|kit)\b.*$"
)
"""The dose form that ends every `generic_name`, in one string with the substances."""

_OF_THE_LABEL = (
    "generic_name",
    "product_ndc",
    "package_ndc",
    "rxcui",
    "spl_id",
    "spl_set_id",
)
_CLASSES = ("nui", "pharm_class_cs", "pharm_class_epc", "pharm_class_moa", "pharm_class_pe")
_OF_THE_RECORD = (
    "application_number",
    "brand_name",
    "manufacturer_name",
    "product_type",
    "route",
    "substance_name",
    "unii",
)
LABEL_LOSSY = {
    **{f"openfda.{name}": "of the whole label, not of the package" for name in _OF_THE_LABEL},
    **{f"openfda.{name}": "class of the substance" for name in _CLASSES},
    "openfda.application_number": "of a label with several none is the package's own",
    "openfda.manufacturer_name": "in `companies[]`",
    "openfda.substance_name": "part by part, as ingredients",
    "openfda.unii": "evidence for the substances",
    **dict.fromkeys(
        (f"other_label.{name}" for name in (*_OF_THE_LABEL, *_OF_THE_RECORD)),
        "the label of another drug",
    ),
}
"""Why records do not give the block's columns back."""

_WORD = re.compile(r"[a-z]{3,}")
_NDC = re.compile(r"\s*\(NDC[^()]*\)\s*$")
_BRACKET = re.compile(r"\([^()]*\)")


def arranged(record: Mapping[str, Json]) -> Mapping[str, object]:
    """Add lists of the companies and the substances that a record names.

    `companies[]` has the company of the record, then that of the label; `ingredients[]` the
    substances of the label, or else those of the generic name; `strengths[]` what the presentation
    states of each. A label of another drug is moved
    from `openfda` to `other_label`, so that nothing takes it for the record's.
    """
    label = record.get("openfda") or {}
    generic_name = record.get("generic_name") or ""
    if is_of_another_drug(label, generic_name):
        record = {**record, "openfda": None, "other_label": label}
        label = {}
    companies = [record.get("company_name"), *(label.get("manufacturer_name") or [])]
    substances = label.get("substance_name") or named_substances(generic_name)
    return {
        **record,
        "companies[]": [name for name in dict.fromkeys(companies) if name],
        "ingredients[]": substances,
        "strengths[]": presented_strengths(record.get("presentation") or "", substances),
    }


def named_substances(generic_name: str) -> list[str]:
    """Take the substances out of a generic name; only a semicolon surely parts them."""
    names = re.sub(FORM_AT_END, "", generic_name).split(";")
    return [name.strip() for name in names if name.strip()]


def presented_strengths(presentation: str, substances: Sequence[str]) -> list[str]:
    """Take each substance's strength out of a presentation, or the whole text where none is found.

    `Hydromet, Syrup, 1.5 mg/5 mL; 5 mg/5 mL (NDC …)` gives them in the order of the substances'
    names, as the NDC directory does; the label's list is in that order too. An only substance's
    strength may have words of the pack about it. What states no strength gives empty texts.
    """
    stated = re.sub(_NDC, "", presentation).rsplit(", ", 1)[-1].strip()
    found = strengths_in(re.sub(_BRACKET, "", stated))
    parts = [part or "" for part in parted(stated, len(substances))]
    if substances == sorted(substances) and all(map(read_strength, parts)):
        return parts
    if len(substances) == len(found) == 1:
        return found
    return [stated if found else "" for _ in substances]


def is_of_another_drug(label: Mapping[str, Json], generic_name: str) -> bool:
    """Say whether a label's only substance is none of the generic name's.

    Salts are often shared, so the first word decides. A label of several substances is not judged:
    its generic name may be a class, such as `Amino Acid Injection`.
    """
    substances = label.get("substance_name") or []
    if len(substances) != 1:
        return False
    words = _WORD.findall(substances[0].lower())
    return bool(words) and words[0] not in _WORD.findall(generic_name.lower())
