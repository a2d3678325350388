"""Dose forms as Indian lists state them: words of a name, as `Metformin Prolonged release Tablets`.

Start at `stated_form`. A name that puts the release elsewhere, as of one ingredient of several
(`Metformin (Sustained release) and Pioglitazone Tablets`), says only that it is modified.
"""

import polars as pl

from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.dose_forms import DoseForm

_RELEASE = r"(?:controlled|delayed|extended|modified|prolonged|sustained)"
_QUALIFIER = (
    rf"(?:{_RELEASE}[ -]rele?ase|gastro[ -]resist\w+|enteric[ -]coated|film[ -]coated|for|powder|"
    r"oral(?:ly)?|mouth|disintegrating|dissolving|dispersible|chewable|effervescent|sublingual|"
    r"soft|gelatin|dry|dusting|eye|ear|eye/ear|ophthalmic|nasal|vaginal|topical|transdermal|"
    r"dental|intravenous)"
)
_FORM = (
    r"(?:tab|tablets?|capsules?|capulses|rotacaps|injection|infusion|suspension|solution|syrup|"
    r"drops|cream|ointment|gel|lotion|shampoo|granules|powder|spray|patch|strips|suppositories|"
    r"pessary|gargle|wash|lacquer)"
)
_STATED = rf"(?i)\b((?:{_QUALIFIER}[ -])*{_FORM})\b"
_ELSEWHERE = rf"(?i)\({_RELEASE}[ -]rel\w*\)"


def stated_form(name: pl.Expr) -> pl.Expr:
    """Take the first words of dose form out of a product's name; null where it has none."""
    return name.str.extract(_STATED)


def plain_form(name: pl.Expr) -> pl.Expr:
    """Give the stated form in lower case and singular, with a release stated elsewhere before."""
    form = (
        stated_form(name)
        .str.to_lowercase()
        .str.replace_all("-", " ", literal=True)
        .str.replace(r"\b(?:tab|tablets)$", "tablet")
        .str.replace(r"\b(?:capsules|capulses)$", "capsule")
        .str.replace(r"\bgastro resist\w+", "gastro resistant")
        .str.replace(r"\boral(?:ly)? disintegrating\b", "orodispersible")
        .str.replace(r"\bmouth dissolving\b", "orodispersible")
        .str.replace(r"\b(?:controlled|extended|sustained) release\b", "prolonged release")
    )
    says_release = form.str.contains(r"\brelease\b") | ~name.str.contains(_ELSEWHERE)
    return pl.when(says_release).then(form).otherwise(pl.format("modified release {}", form))


DOSE_FORM = Crosswalk(
    "in.dose_form",
    DoseForm,
    1,
    {
        "capsule": DoseForm.CAPSULE,
        "chewable tablet": DoseForm.CHEWABLE_TABLET,
        "cream": DoseForm.CREAM,
        "delayed release capsule": DoseForm.GASTRO_RESISTANT_CAPSULE,
        "delayed release tablet": DoseForm.GASTRO_RESISTANT_TABLET,
        "dental gel": DoseForm.DENTAL_GEL,
        "dispersible tablet": DoseForm.DISPERSIBLE_TABLET,
        "dry syrup": DoseForm.POWDER_FOR_SYRUP,
        "dusting powder": DoseForm.CUTANEOUS_POWDER,
        "ear drops": DoseForm.EAR_DROPS,
        "effervescent tablet": DoseForm.EFFERVESCENT_TABLET,
        "enteric coated tablet": DoseForm.GASTRO_RESISTANT_TABLET,
        "eye drops": DoseForm.EYE_DROPS,
        "for injection": DoseForm.POWDER_FOR_INJECTION,
        "for intravenous infusion": DoseForm.SOLUTION_FOR_INFUSION,
        "gargle": DoseForm.GARGLE,
        "gastro resistant capsule": DoseForm.GASTRO_RESISTANT_CAPSULE,
        "gastro resistant tablet": DoseForm.GASTRO_RESISTANT_TABLET,
        "gel": DoseForm.GEL,
        "granules": DoseForm.GRANULES,
        "infusion": DoseForm.SOLUTION_FOR_INFUSION,
        "injection": DoseForm.INJECTION,
        "intravenous infusion": DoseForm.SOLUTION_FOR_INFUSION,
        "lotion": DoseForm.CUTANEOUS_LOTION,
        "modified release capsule": DoseForm.MODIFIED_RELEASE_CAPSULE,
        "modified release tablet": DoseForm.MODIFIED_RELEASE_TABLET,
        "mouth wash": DoseForm.MOUTHWASH,
        "nasal spray": DoseForm.NASAL_SPRAY,
        "ointment": DoseForm.OINTMENT,
        "ophthalmic ointment": DoseForm.EYE_OINTMENT,
        "ophthalmic solution": DoseForm.EYE_DROPS_SOLUTION,
        "oral drops": DoseForm.ORAL_DROPS_LIQUID,
        "oral solution": DoseForm.ORAL_SOLUTION,
        "oral suspension": DoseForm.ORAL_SUSPENSION,
        "orodispersible strips": DoseForm.ORODISPERSIBLE_FILM,
        "orodispersible tablet": DoseForm.ORODISPERSIBLE_TABLET,
        "powder": DoseForm.POWDER,
        "powder for oral suspension": DoseForm.POWDER_FOR_ORAL_SUSPENSION,
        "prolonged release capsule": DoseForm.PROLONGED_RELEASE_CAPSULE,
        "prolonged release tablet": DoseForm.PROLONGED_RELEASE_TABLET,
        "rotacaps": DoseForm.INHALATION_POWDER_HARD_CAPSULE,
        "shampoo": DoseForm.SHAMPOO,
        "soft gelatin capsule": DoseForm.CAPSULE_SOFT,
        "solution": DoseForm.SOLUTION,
        "suppositories": DoseForm.SUPPOSITORY,
        "suspension": DoseForm.SUSPENSION,
        "syrup": DoseForm.SYRUP,
        "tablet": DoseForm.TABLET,
        "topical gel": DoseForm.GEL,
        "topical solution": DoseForm.CUTANEOUS_SOLUTION,
        "transdermal patch": DoseForm.TRANSDERMAL_PATCH,
        "vaginal gel": DoseForm.VAGINAL_GEL,
        "vaginal tablet": DoseForm.VAGINAL_TABLET,
    },
)
