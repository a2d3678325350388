"""openFDA's `openfda` block: what the label says of a record, where it is the record's own label.

The block is joined by NDC. It may be missing or empty, it speaks of all products and packages of
the label at once, and now and then it is the label of another drug.
"""

import re
from collections.abc import Mapping
from typing import Any

DOSE_FORM = (
    r"(?i)\s+(?:(?:ophthalmic|oral|nasal|topical|injectable|transdermal|delayed release)\s+)?"
    r"(?:injection|tablet|capsule|solution|suspension|powder|concentrate|irrigant|spray|cream|gel|"
    r"ointment|lotion|syrup|film|patch|system|ring|kit)\b.*$"
)
"""The dose form that ends every `generic_name`, in one string with the substances."""

_WORD = re.compile(r"[a-z]{3,}")


def arranged(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add lists of the companies and the substances that a record names.

    `companies[]` has the company of the record, then that of the label; `ingredients[]` the
    substances of the label, or else those of the generic name. A label of another drug is moved
    from `openfda` to `other_label`, so that nothing takes it for the record's.
    """
    label = record.get("openfda") or {}
    generic_name = record.get("generic_name") or ""
    if is_of_another_drug(label, generic_name):
        record = {**record, "openfda": None, "other_label": label}
        label = {}
    companies = [record.get("company_name"), *(label.get("manufacturer_name") or [])]
    return {
        **record,
        "companies[]": [name for name in dict.fromkeys(companies) if name],
        "ingredients[]": label.get("substance_name") or named_substances(generic_name),
    }


def named_substances(generic_name: str) -> list[str]:
    """Take the substances out of a generic name; only a semicolon surely parts them."""
    names = re.sub(DOSE_FORM, "", generic_name).split(";")
    return [name.strip() for name in names if name.strip()]


def is_of_another_drug(label: Mapping[str, Any], generic_name: str) -> bool:
    """Say whether a label's only substance is none of the generic name's.

    Salts are often shared, so the first word decides. A label of several substances is not judged:
    its generic name may be a class, such as `Amino Acid Injection`.
    """
    substances = label.get("substance_name") or []
    if len(substances) != 1:
        return False
    words = _WORD.findall(substances[0].lower())
    return bool(words) and words[0] not in _WORD.findall(generic_name.lower())
