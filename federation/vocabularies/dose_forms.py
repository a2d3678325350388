"""Dose forms in EDQM's terms, and what EDQM says of them: basic form, release, intended site.

Where the members' lists say less than EDQM's terms do (`INJECTION`, `EYE_DROPS`, `CAPSULE`), a
broader term without a code stands in. Products of different members compare by `comparison`.
Over 400 lines, for it is one list.

Source: EDQM Standard Terms, with their codes as list 200000000004 of EMA's Referentials Management
Service states them.
"""

from collections.abc import Iterable
from enum import auto
from typing import Self

from federation.vocabularies.routes import Route
from federation.vocabularies.vocabulary import Vocabulary

__all__ = ["BasicForm", "Comparison", "DoseForm", "Release", "Route", "comparison"]


class BasicForm(Vocabulary):
    """EDQM's basic dose form: what a medicine is, whatever its coating, site and release."""

    TABLET = auto()
    CAPSULE = auto()
    LYOPHILISATE = auto()
    FILM = auto()
    PILLULES = auto()
    POWDER = auto()
    GRANULES = auto()
    LIQUID = auto()
    SOLUTION = auto()
    SUSPENSION = auto()
    EMULSION = auto()
    DISPERSION = auto()
    CREAM = auto()
    OINTMENT = auto()
    GEL = auto()
    PASTE = auto()
    FOAM = auto()
    STICK = auto()
    GUM = auto()
    LOZENGE = auto()
    PASTILLE = auto()
    SUPPOSITORY = auto()
    PESSARY = auto()
    INSERT = auto()
    IMPLANT = auto()
    PATCH = auto()
    PLASTER = auto()
    SYSTEM = auto()
    IMPREGNATED_MATERIAL = auto()
    HERBAL_MATERIAL = auto()
    GAS = auto()
    OTHER = auto()


class Release(Vocabulary):
    """How the substance is released."""

    CONVENTIONAL = auto()
    GASTRO_RESISTANT = auto()
    PROLONGED = auto()
    MODIFIED = auto(), "changed otherwise, or the source does not say how"


_LIQUIDS = (BasicForm.SOLUTION, BasicForm.SUSPENSION, BasicForm.EMULSION, BasicForm.DISPERSION)


class DoseForm(Vocabulary):
    """A pharmaceutical dose form, by EDQM's standard terms.

    Attributes:
        code: EDQM's code; 0 for a broader term that is not EDQM's.
        basic_form: what it is.
        routes: what its intended site implies; empty where it implies none.
        release: how the substance is released.
    """

    code: int
    basic_form: BasicForm
    routes: tuple[Route, ...]
    release: Release

    def __new__(
        cls,
        value: str,
        code: int,
        basic_form: BasicForm,
        site: Route | None = None,
        release: Release = Release.CONVENTIONAL,
    ) -> Self:
        """Make a term with its characteristics."""
        form = str.__new__(cls, value)
        form._value_ = value
        form.doc = "" if code else "broader than EDQM's terms"
        form.code = code
        form.basic_form = basic_form
        form.routes = () if site is None else (site,)
        form.release = release
        return form

    @property
    def group(self) -> BasicForm:
        """The basic form when taken: all liquids are one, and so is what is made into a liquid."""
        is_made_up = self.basic_form in {BasicForm.POWDER, BasicForm.GRANULES} and "_FOR_" in self
        return BasicForm.LIQUID if is_made_up or self.basic_form in _LIQUIDS else self.basic_form

    # Taken by mouth
    TABLET = auto(), 10219000, BasicForm.TABLET, Route.ORAL
    COATED_TABLET = auto(), 10220000, BasicForm.TABLET, Route.ORAL
    FILM_COATED_TABLET = auto(), 10221000, BasicForm.TABLET, Route.ORAL
    CHEWABLE_TABLET = auto(), 10228000, BasicForm.TABLET, Route.ORAL
    CHEWABLE_DISPERSIBLE_TABLET = auto(), 50001000, BasicForm.TABLET, Route.ORAL
    DISPERSIBLE_TABLET = auto(), 10121000, BasicForm.TABLET, Route.ORAL
    SOLUBLE_TABLET = auto(), 10120000, BasicForm.TABLET, Route.ORAL
    EFFERVESCENT_TABLET = auto(), 10222000, BasicForm.TABLET, Route.ORAL
    ORODISPERSIBLE_TABLET = auto(), 10223000, BasicForm.TABLET, Route.ORAL
    GASTRO_RESISTANT_TABLET = (
        auto(),
        10225000,
        BasicForm.TABLET,
        Route.ORAL,
        Release.GASTRO_RESISTANT,
    )
    PROLONGED_RELEASE_TABLET = auto(), 10226000, BasicForm.TABLET, Route.ORAL, Release.PROLONGED
    MODIFIED_RELEASE_TABLET = auto(), 10227000, BasicForm.TABLET, Route.ORAL, Release.MODIFIED
    CAPSULE = auto(), 0, BasicForm.CAPSULE, Route.ORAL
    CAPSULE_HARD = auto(), 10210000, BasicForm.CAPSULE, Route.ORAL
    CAPSULE_SOFT = auto(), 10211000, BasicForm.CAPSULE, Route.ORAL
    GASTRO_RESISTANT_CAPSULE = auto(), 0, BasicForm.CAPSULE, Route.ORAL, Release.GASTRO_RESISTANT
    GASTRO_RESISTANT_CAPSULE_HARD = (
        auto(),
        10212000,
        BasicForm.CAPSULE,
        Route.ORAL,
        Release.GASTRO_RESISTANT,
    )
    GASTRO_RESISTANT_CAPSULE_SOFT = (
        auto(),
        10213000,
        BasicForm.CAPSULE,
        Route.ORAL,
        Release.GASTRO_RESISTANT,
    )
    PROLONGED_RELEASE_CAPSULE = auto(), 0, BasicForm.CAPSULE, Route.ORAL, Release.PROLONGED
    PROLONGED_RELEASE_CAPSULE_HARD = (
        auto(),
        10215000,
        BasicForm.CAPSULE,
        Route.ORAL,
        Release.PROLONGED,
    )
    MODIFIED_RELEASE_CAPSULE = auto(), 0, BasicForm.CAPSULE, Route.ORAL, Release.MODIFIED
    MODIFIED_RELEASE_CAPSULE_HARD = (
        auto(),
        10217000,
        BasicForm.CAPSULE,
        Route.ORAL,
        Release.MODIFIED,
    )
    ORAL_LYOPHILISATE = auto(), 10224000, BasicForm.LYOPHILISATE, Route.ORAL
    ORODISPERSIBLE_FILM = auto(), 10236100, BasicForm.FILM, Route.ORAL
    PILLULES = auto(), 10231000, BasicForm.PILLULES, Route.ORAL
    ORAL_POWDER = auto(), 10201000, BasicForm.POWDER, Route.ORAL
    EFFERVESCENT_POWDER = auto(), 10203000, BasicForm.POWDER, Route.ORAL
    GRANULES = auto(), 10204000, BasicForm.GRANULES, Route.ORAL
    COATED_GRANULES = auto(), 13046000, BasicForm.GRANULES, Route.ORAL
    EFFERVESCENT_GRANULES = auto(), 10205000, BasicForm.GRANULES, Route.ORAL
    GASTRO_RESISTANT_GRANULES = (
        auto(),
        10206000,
        BasicForm.GRANULES,
        Route.ORAL,
        Release.GASTRO_RESISTANT,
    )
    PROLONGED_RELEASE_GRANULES = auto(), 10207000, BasicForm.GRANULES, Route.ORAL, Release.PROLONGED
    POWDER_FOR_ORAL_SOLUTION = auto(), 10110000, BasicForm.POWDER, Route.ORAL
    POWDER_FOR_ORAL_SUSPENSION = auto(), 10111000, BasicForm.POWDER, Route.ORAL
    POWDER_FOR_SYRUP = auto(), 10118000, BasicForm.POWDER, Route.ORAL
    GRANULES_FOR_ORAL_SOLUTION = auto(), 10112000, BasicForm.GRANULES, Route.ORAL
    GRANULES_FOR_ORAL_SUSPENSION = auto(), 10113000, BasicForm.GRANULES, Route.ORAL
    GRANULES_FOR_SYRUP = auto(), 10119000, BasicForm.GRANULES, Route.ORAL
    GASTRO_RESISTANT_GRANULES_FOR_ORAL_SUSPENSION = (
        auto(),
        50026000,
        BasicForm.GRANULES,
        Route.ORAL,
        Release.GASTRO_RESISTANT,
    )
    PROLONGED_RELEASE_GRANULES_FOR_ORAL_SUSPENSION = (
        auto(),
        50056000,
        BasicForm.GRANULES,
        Route.ORAL,
        Release.PROLONGED,
    )
    ORAL_LIQUID = auto(), 10104000, BasicForm.LIQUID, Route.ORAL
    ORAL_SOLUTION = auto(), 10105000, BasicForm.SOLUTION, Route.ORAL
    ORAL_SUSPENSION = auto(), 10106000, BasicForm.SUSPENSION, Route.ORAL
    ORAL_EMULSION = auto(), 10107000, BasicForm.EMULSION, Route.ORAL
    PROLONGED_RELEASE_ORAL_SUSPENSION = (
        auto(),
        13134000,
        BasicForm.SUSPENSION,
        Route.ORAL,
        Release.PROLONGED,
    )
    ORAL_DROPS_LIQUID = auto(), 50037750, BasicForm.LIQUID, Route.ORAL
    ORAL_DROPS_SOLUTION = auto(), 10101000, BasicForm.SOLUTION, Route.ORAL
    ORAL_DROPS_SUSPENSION = auto(), 10102000, BasicForm.SUSPENSION, Route.ORAL
    CONCENTRATE_FOR_ORAL_SOLUTION = auto(), 50010000, BasicForm.SOLUTION, Route.ORAL
    SYRUP = auto(), 10117000, BasicForm.SOLUTION, Route.ORAL
    ORAL_GEL = auto(), 10108000, BasicForm.GEL, Route.ORAL
    ORAL_PASTE = auto(), 10109000, BasicForm.PASTE, Route.ORAL
    ORAL_GUM = auto(), 10230000, BasicForm.GUM, Route.ORAL
    HERBAL_TEA = auto(), 10122000, BasicForm.HERBAL_MATERIAL, Route.ORAL
    INTESTINAL_GEL = auto(), 12120000, BasicForm.GEL, Route.INTESTINAL

    # In the mouth and throat
    SUBLINGUAL_TABLET = auto(), 10318000, BasicForm.TABLET, Route.SUBLINGUAL
    BUCCAL_TABLET = auto(), 10320000, BasicForm.TABLET, Route.BUCCAL
    MUCO_ADHESIVE_BUCCAL_TABLET = auto(), 10319000, BasicForm.TABLET, Route.BUCCAL
    SUBLINGUAL_LYOPHILISATE = auto(), 13127000, BasicForm.LYOPHILISATE, Route.SUBLINGUAL
    SUBLINGUAL_FILM = auto(), 10317500, BasicForm.FILM, Route.SUBLINGUAL
    BUCCAL_FILM = auto(), 10314011, BasicForm.FILM, Route.BUCCAL
    SUBLINGUAL_SPRAY_SOLUTION = auto(), 10309200, BasicForm.SOLUTION, Route.SUBLINGUAL
    LOZENGE = auto(), 10321000, BasicForm.LOZENGE, Route.OROMUCOSAL
    COMPRESSED_LOZENGE = auto(), 10322000, BasicForm.LOZENGE, Route.OROMUCOSAL
    PASTILLE = auto(), 10323000, BasicForm.PASTILLE, Route.OROMUCOSAL
    MEDICATED_CHEWING_GUM = auto(), 10229000, BasicForm.GUM, Route.OROMUCOSAL
    OROMUCOSAL_SOLUTION = auto(), 10305000, BasicForm.SOLUTION, Route.OROMUCOSAL
    OROMUCOSAL_SPRAY_SOLUTION = auto(), 10308200, BasicForm.SOLUTION, Route.OROMUCOSAL
    OROMUCOSAL_GEL = auto(), 10313000, BasicForm.GEL, Route.OROMUCOSAL
    OROMUCOSAL_PASTE = auto(), 10314000, BasicForm.PASTE, Route.OROMUCOSAL
    OROMUCOSAL_OINTMENT = auto(), 10314005, BasicForm.OINTMENT, Route.OROMUCOSAL
    OROMUCOSAL_PATCH = auto(), 50039000, BasicForm.PATCH, Route.OROMUCOSAL
    GARGLE = auto(), 10301000, BasicForm.SOLUTION, Route.OROMUCOSAL
    MOUTHWASH = auto(), 10310000, BasicForm.SOLUTION, Route.OROMUCOSAL
    GINGIVAL_GEL = auto(), 10315000, BasicForm.GEL, Route.GINGIVAL
    DENTAL_GEL = auto(), 10402000, BasicForm.GEL, Route.DENTAL
    DENTAL_PASTE = auto(), 50017000, BasicForm.PASTE, Route.DENTAL
    DENTAL_POWDER = auto(), 10405000, BasicForm.POWDER, Route.DENTAL
    DENTAL_SOLUTION = auto(), 10406000, BasicForm.SOLUTION, Route.DENTAL
    DENTAL_CEMENT = auto(), 10401500, BasicForm.OTHER, Route.DENTAL
    TOOTHPASTE = auto(), 10409000, BasicForm.PASTE, Route.DENTAL
    PERIODONTAL_GEL = auto(), 10410000, BasicForm.GEL, Route.PERIODONTAL
    PERIODONTAL_INSERT = auto(), 10411000, BasicForm.INSERT, Route.PERIODONTAL

    # Injected and infused
    INJECTION = auto(), 0, BasicForm.LIQUID, Route.PARENTERAL
    POWDER_FOR_INJECTION = auto(), 0, BasicForm.POWDER, Route.PARENTERAL
    SOLUTION_FOR_INJECTION = auto(), 11201000, BasicForm.SOLUTION, Route.PARENTERAL
    SUSPENSION_FOR_INJECTION = auto(), 11202000, BasicForm.SUSPENSION, Route.PARENTERAL
    EMULSION_FOR_INJECTION = auto(), 11203000, BasicForm.EMULSION, Route.PARENTERAL
    DISPERSION_FOR_INJECTION = auto(), 50077000, BasicForm.DISPERSION, Route.PARENTERAL
    SOLUTION_FOR_INJECTION_INFUSION = auto(), 50060000, BasicForm.SOLUTION, Route.PARENTERAL
    EMULSION_FOR_INJECTION_INFUSION = auto(), 50021000, BasicForm.EMULSION, Route.PARENTERAL
    DISPERSION_FOR_INJECTION_INFUSION = auto(), 13049000, BasicForm.DISPERSION, Route.PARENTERAL
    SOLUTION_FOR_INFUSION = auto(), 11210000, BasicForm.SOLUTION, Route.PARENTERAL
    EMULSION_FOR_INFUSION = auto(), 11211000, BasicForm.EMULSION, Route.PARENTERAL
    DISPERSION_FOR_INFUSION = auto(), 50017500, BasicForm.DISPERSION, Route.PARENTERAL
    PROLONGED_RELEASE_SOLUTION_FOR_INJECTION = (
        auto(),
        13076000,
        BasicForm.SOLUTION,
        Route.PARENTERAL,
        Release.PROLONGED,
    )
    PROLONGED_RELEASE_SUSPENSION_FOR_INJECTION = (
        auto(),
        11208500,
        BasicForm.SUSPENSION,
        Route.PARENTERAL,
        Release.PROLONGED,
    )
    POWDER_FOR_SOLUTION_FOR_INJECTION = auto(), 11205000, BasicForm.POWDER, Route.PARENTERAL
    POWDER_FOR_SUSPENSION_FOR_INJECTION = auto(), 11206000, BasicForm.POWDER, Route.PARENTERAL
    POWDER_FOR_DISPERSION_FOR_INJECTION = auto(), 13023000, BasicForm.POWDER, Route.PARENTERAL
    POWDER_FOR_PROLONGED_RELEASE_SUSPENSION_FOR_INJECTION = (
        auto(),
        11208400,
        BasicForm.POWDER,
        Route.PARENTERAL,
        Release.PROLONGED,
    )
    POWDER_FOR_SOLUTION_FOR_INJECTION_INFUSION = (
        auto(),
        50053500,
        BasicForm.POWDER,
        Route.PARENTERAL,
    )
    POWDER_FOR_SOLUTION_FOR_INFUSION = auto(), 11212000, BasicForm.POWDER, Route.PARENTERAL
    POWDER_FOR_DISPERSION_FOR_INFUSION = auto(), 11211500, BasicForm.POWDER, Route.PARENTERAL
    POWDER_FOR_CONCENTRATE_FOR_SOLUTION_FOR_INFUSION = (
        auto(),
        50043000,
        BasicForm.POWDER,
        Route.PARENTERAL,
    )
    CONCENTRATE_FOR_SOLUTION_FOR_INJECTION = auto(), 11209000, BasicForm.SOLUTION, Route.PARENTERAL
    CONCENTRATE_FOR_SOLUTION_FOR_INJECTION_INFUSION = (
        auto(),
        50079000,
        BasicForm.SOLUTION,
        Route.PARENTERAL,
    )
    CONCENTRATE_FOR_SOLUTION_FOR_INFUSION = auto(), 11213000, BasicForm.SOLUTION, Route.PARENTERAL
    CONCENTRATE_FOR_DISPERSION_FOR_INFUSION = auto(), 50009300, BasicForm.SOLUTION, Route.PARENTERAL
    CONCENTRATE_FOR_DISPERSION_FOR_INJECTION = (
        auto(),
        13139000,
        BasicForm.SOLUTION,
        Route.PARENTERAL,
    )
    SOLVENT_FOR_PARENTERAL_USE = auto(), 11216000, BasicForm.SOLUTION, Route.PARENTERAL
    IMPLANT = auto(), 11301000, BasicForm.IMPLANT, Route.IMPLANTATION

    # For the eye, the ear and the nose
    EYE_DROPS = auto(), 0, BasicForm.LIQUID, Route.OCULAR
    EYE_DROPS_SOLUTION = auto(), 10604000, BasicForm.SOLUTION, Route.OCULAR
    EYE_DROPS_SUSPENSION = auto(), 10605000, BasicForm.SUSPENSION, Route.OCULAR
    EYE_DROPS_EMULSION = auto(), 10604500, BasicForm.EMULSION, Route.OCULAR
    EYE_DROPS_PROLONGED_RELEASE_SOLUTION = (
        auto(),
        0,
        BasicForm.SOLUTION,
        Route.OCULAR,
        Release.PROLONGED,
    )
    EYE_GEL = auto(), 10602000, BasicForm.GEL, Route.OCULAR
    EYE_CREAM = auto(), 10601000, BasicForm.CREAM, Route.OCULAR
    EYE_OINTMENT = auto(), 10603000, BasicForm.OINTMENT, Route.OCULAR
    EYE_SEMISOLID = auto(), 0, BasicForm.OTHER, Route.OCULAR
    EYE_LOTION = auto(), 10610000, BasicForm.SOLUTION, Route.OCULAR
    OPHTHALMIC_INSERT = auto(), 10612000, BasicForm.INSERT, Route.OCULAR
    EAR_DROPS = auto(), 0, BasicForm.LIQUID, Route.AURICULAR
    EAR_DROPS_SOLUTION = auto(), 10704000, BasicForm.SOLUTION, Route.AURICULAR
    EAR_DROPS_SUSPENSION = auto(), 10705000, BasicForm.SUSPENSION, Route.AURICULAR
    EAR_OINTMENT = auto(), 10703000, BasicForm.OINTMENT, Route.AURICULAR
    EAR_SPRAY_SOLUTION = auto(), 10709000, BasicForm.SOLUTION, Route.AURICULAR
    NASAL_DROPS_SOLUTION = auto(), 10804000, BasicForm.SOLUTION, Route.NASAL
    NASAL_LIQUID = auto(), 0, BasicForm.LIQUID, Route.NASAL
    NASAL_SPRAY = auto(), 0, BasicForm.LIQUID, Route.NASAL
    NASAL_SPRAY_SOLUTION = auto(), 10808000, BasicForm.SOLUTION, Route.NASAL
    NASAL_SPRAY_SUSPENSION = auto(), 10809000, BasicForm.SUSPENSION, Route.NASAL
    NASAL_POWDER = auto(), 10807000, BasicForm.POWDER, Route.NASAL
    NASAL_GEL = auto(), 10802000, BasicForm.GEL, Route.NASAL
    NASAL_OINTMENT = auto(), 10803000, BasicForm.OINTMENT, Route.NASAL
    NASAL_CREAM = auto(), 10801000, BasicForm.CREAM, Route.NASAL
    NASAL_WASH = auto(), 10811000, BasicForm.SOLUTION, Route.NASAL

    # Breathed in
    INHALATION_POWDER = auto(), 11109000, BasicForm.POWDER, Route.INHALATION
    INHALATION_POWDER_HARD_CAPSULE = auto(), 11110000, BasicForm.POWDER, Route.INHALATION
    INHALATION_SOLUTION = auto(), 50081000, BasicForm.SOLUTION, Route.INHALATION
    INHALATION_VAPOUR_LIQUID = auto(), 11117000, BasicForm.LIQUID, Route.INHALATION
    INHALATION_VAPOUR_CAPSULE = auto(), 11113000, BasicForm.CAPSULE, Route.INHALATION
    NEBULISER_SOLUTION = auto(), 11101000, BasicForm.SOLUTION, Route.INHALATION
    NEBULISER_SUSPENSION = auto(), 11102000, BasicForm.SUSPENSION, Route.INHALATION
    NEBULISER_DISPERSION = auto(), 13129000, BasicForm.DISPERSION, Route.INHALATION
    POWDER_FOR_NEBULISER_SOLUTION = auto(), 11104000, BasicForm.POWDER, Route.INHALATION
    PRESSURISED_INHALATION = auto(), 0, BasicForm.LIQUID, Route.INHALATION
    PRESSURISED_INHALATION_SOLUTION = auto(), 11106000, BasicForm.SOLUTION, Route.INHALATION
    PRESSURISED_INHALATION_SUSPENSION = auto(), 11107000, BasicForm.SUSPENSION, Route.INHALATION
    MEDICINAL_GAS = auto(), 0, BasicForm.GAS, Route.INHALATION
    MEDICINAL_GAS_COMPRESSED = auto(), 12301000, BasicForm.GAS, Route.INHALATION
    MEDICINAL_GAS_LIQUEFIED = auto(), 12303000, BasicForm.GAS, Route.INHALATION
    MEDICINAL_GAS_CRYOGENIC = auto(), 12302000, BasicForm.GAS, Route.INHALATION
    ENDOTRACHEOPULMONARY_INSTILLATION_SOLUTION = (
        auto(),
        11601000,
        BasicForm.SOLUTION,
        Route.ENDOTRACHEOPULMONARY,
    )
    ENDOTRACHEOPULMONARY_INSTILLATION_SUSPENSION = (
        auto(),
        11603000,
        BasicForm.SUSPENSION,
        Route.ENDOTRACHEOPULMONARY,
    )

    # On and through the skin
    CREAM = auto(), 10502000, BasicForm.CREAM, Route.CUTANEOUS
    OINTMENT = auto(), 10504000, BasicForm.OINTMENT, Route.CUTANEOUS
    GEL = auto(), 10503000, BasicForm.GEL, Route.CUTANEOUS
    SEMISOLID = auto(), 0, BasicForm.OTHER, Route.CUTANEOUS
    CUTANEOUS_PASTE = auto(), 10505000, BasicForm.PASTE, Route.CUTANEOUS
    CUTANEOUS_LIQUID = auto(), 10512000, BasicForm.LIQUID, Route.CUTANEOUS
    CUTANEOUS_SOLUTION = auto(), 10513000, BasicForm.SOLUTION, Route.CUTANEOUS
    CUTANEOUS_SUSPENSION = auto(), 10515000, BasicForm.SUSPENSION, Route.CUTANEOUS
    CUTANEOUS_EMULSION = auto(), 10516000, BasicForm.EMULSION, Route.CUTANEOUS
    CUTANEOUS_LOTION = auto(), 0, BasicForm.LIQUID, Route.CUTANEOUS
    CUTANEOUS_FOAM = auto(), 10507000, BasicForm.FOAM, Route.CUTANEOUS
    CUTANEOUS_POWDER = auto(), 10517000, BasicForm.POWDER, Route.CUTANEOUS
    CUTANEOUS_STICK = auto(), 10523000, BasicForm.STICK, Route.CUTANEOUS
    CUTANEOUS_SPRAY = auto(), 0, BasicForm.LIQUID, Route.CUTANEOUS
    CUTANEOUS_SPRAY_SOLUTION = auto(), 10509000, BasicForm.SOLUTION, Route.CUTANEOUS
    CUTANEOUS_SPRAY_SUSPENSION = auto(), 10510000, BasicForm.SUSPENSION, Route.CUTANEOUS
    CUTANEOUS_SPRAY_POWDER = auto(), 10511000, BasicForm.POWDER, Route.CUTANEOUS
    SHAMPOO = auto(), 10508000, BasicForm.LIQUID, Route.CUTANEOUS
    COLLODION = auto(), 10520000, BasicForm.LIQUID, Route.CUTANEOUS
    MEDICATED_NAIL_LACQUER = auto(), 10521000, BasicForm.SOLUTION, Route.CUTANEOUS
    IMPREGNATED_DRESSING = auto(), 10525000, BasicForm.IMPREGNATED_MATERIAL, Route.CUTANEOUS
    IMPREGNATED_CUTANEOUS_SWAB = auto(), 13145000, BasicForm.IMPREGNATED_MATERIAL, Route.CUTANEOUS
    IMPREGNATED_PAD = auto(), 12117000, BasicForm.IMPREGNATED_MATERIAL
    MEDICATED_SPONGE = auto(), 12119000, BasicForm.IMPREGNATED_MATERIAL
    MEDICATED_PLASTER = auto(), 10506000, BasicForm.PLASTER, Route.CUTANEOUS
    CUTANEOUS_PATCH = auto(), 10517500, BasicForm.PATCH, Route.CUTANEOUS
    POULTICE = auto(), 10522000, BasicForm.OTHER, Route.CUTANEOUS
    TRANSDERMAL_PATCH = auto(), 10519000, BasicForm.PATCH, Route.TRANSDERMAL
    TRANSDERMAL_SYSTEM = auto(), 10547000, BasicForm.SYSTEM, Route.TRANSDERMAL
    TRANSDERMAL_GEL = auto(), 10546250, BasicForm.GEL, Route.TRANSDERMAL
    TRANSDERMAL_SOLUTION = auto(), 10546400, BasicForm.SOLUTION, Route.TRANSDERMAL
    TRANSDERMAL_SPRAY_SOLUTION = auto(), 10546500, BasicForm.SOLUTION, Route.TRANSDERMAL

    # Rectal, vaginal, urethral and in the bladder
    SUPPOSITORY = auto(), 11013000, BasicForm.SUPPOSITORY, Route.RECTAL
    RECTAL_CAPSULE = auto(), 11014000, BasicForm.CAPSULE, Route.RECTAL
    RECTAL_CREAM = auto(), 11001000, BasicForm.CREAM, Route.RECTAL
    RECTAL_OINTMENT = auto(), 11003000, BasicForm.OINTMENT, Route.RECTAL
    RECTAL_GEL = auto(), 11002000, BasicForm.GEL, Route.RECTAL
    RECTAL_FOAM = auto(), 11004000, BasicForm.FOAM, Route.RECTAL
    RECTAL_SOLUTION = auto(), 11005000, BasicForm.SOLUTION, Route.RECTAL
    RECTAL_SUSPENSION = auto(), 11006000, BasicForm.SUSPENSION, Route.RECTAL
    PESSARY = auto(), 10909000, BasicForm.PESSARY, Route.VAGINAL
    PROLONGED_RELEASE_PESSARY = (
        auto(),
        13148000,
        BasicForm.PESSARY,
        Route.VAGINAL,
        Release.PROLONGED,
    )
    VAGINAL_TABLET = auto(), 10912000, BasicForm.TABLET, Route.VAGINAL
    VAGINAL_CAPSULE = auto(), 0, BasicForm.CAPSULE, Route.VAGINAL
    VAGINAL_CAPSULE_SOFT = auto(), 10911000, BasicForm.CAPSULE, Route.VAGINAL
    VAGINAL_CREAM = auto(), 10901000, BasicForm.CREAM, Route.VAGINAL
    VAGINAL_OINTMENT = auto(), 10903000, BasicForm.OINTMENT, Route.VAGINAL
    VAGINAL_GEL = auto(), 10902000, BasicForm.GEL, Route.VAGINAL
    VAGINAL_FOAM = auto(), 10904000, BasicForm.FOAM, Route.VAGINAL
    VAGINAL_SOLUTION = auto(), 10905000, BasicForm.SOLUTION, Route.VAGINAL
    VAGINAL_EMULSION = auto(), 10907000, BasicForm.EMULSION, Route.VAGINAL
    VAGINAL_DELIVERY_SYSTEM = auto(), 10915000, BasicForm.SYSTEM, Route.VAGINAL
    INTRAUTERINE_DELIVERY_SYSTEM = auto(), 11901000, BasicForm.SYSTEM, Route.INTRAUTERINE
    ENDOCERVICAL_GEL = auto(), 11701000, BasicForm.GEL, Route.ENDOCERVICAL
    URETHRAL_GEL = auto(), 11504000, BasicForm.GEL, Route.URETHRAL
    URETHRAL_STICK = auto(), 11505000, BasicForm.STICK, Route.URETHRAL
    BLADDER_IRRIGATION = auto(), 11502000, BasicForm.SOLUTION, Route.INTRAVESICAL
    INTRAVESICAL_SOLUTION = auto(), 11502500, BasicForm.SOLUTION, Route.INTRAVESICAL
    IRRIGATION_SOLUTION = auto(), 12113000, BasicForm.SOLUTION, Route.IRRIGATION

    # Dialysis, radiopharmacy and surgery
    PERFUSION_SOLUTION = auto(), 0, BasicForm.SOLUTION
    SOLUTION_FOR_PERITONEAL_DIALYSIS = auto(), 11401000, BasicForm.SOLUTION, Route.INTRAPERITONEAL
    SOLUTION_FOR_HAEMODIALYSIS = auto(), 11404000, BasicForm.SOLUTION, Route.HAEMODIALYSIS
    SOLUTION_FOR_HAEMOFILTRATION = auto(), 11402000, BasicForm.SOLUTION, Route.EXTRACORPOREAL
    SOLUTION_FOR_HAEMODIAFILTRATION = auto(), 11403000, BasicForm.SOLUTION, Route.EXTRACORPOREAL
    SOLUTION_FOR_HAEMODIALYSIS_HAEMOFILTRATION = (
        auto(),
        50057000,
        BasicForm.SOLUTION,
        Route.EXTRACORPOREAL,
    )
    SOLUTION_FOR_CARDIOPLEGIA = auto(), 11209500, BasicForm.SOLUTION
    SOLUTION_FOR_ORGAN_PRESERVATION = auto(), 12112000, BasicForm.SOLUTION, Route.EXTRACORPOREAL
    KIT_FOR_RADIOPHARMACEUTICAL_PREPARATION = auto(), 12107000, BasicForm.OTHER
    RADIONUCLIDE_GENERATOR = auto(), 12106000, BasicForm.OTHER
    RADIOPHARMACEUTICAL_PRECURSOR = auto(), 12105000, BasicForm.OTHER
    RADIOPHARMACEUTICAL_PRECURSOR_SOLUTION = auto(), 50056500, BasicForm.OTHER
    SOLUTION_FOR_SKIN_PRICK_TEST = auto(), 10548000, BasicForm.SOLUTION, Route.CUTANEOUS
    SEALANT = auto(), 12115000, BasicForm.OTHER
    SEALANT_MATRIX = auto(), 12115100, BasicForm.OTHER

    # Where the source does not say for which site
    POWDER = auto(), 0, BasicForm.POWDER
    LIQUID = auto(), 0, BasicForm.LIQUID
    SOLUTION = auto(), 0, BasicForm.SOLUTION
    SUSPENSION = auto(), 0, BasicForm.SUSPENSION
    EMULSION = auto(), 0, BasicForm.EMULSION
    FOAM = auto(), 0, BasicForm.FOAM
    PASTE = auto(), 0, BasicForm.PASTE
    PATCH = auto(), 0, BasicForm.PATCH

    UNMAPPED = auto(), 0, BasicForm.OTHER


Comparison = tuple[BasicForm, Release, frozenset[Route]]


def comparison(form: DoseForm, routes: Iterable[Route]) -> Comparison | None:
    """Give what products of different members compare by; None where form or route is not known.

    A tablet and a film-coated tablet compare as equal, and so do all injected liquids.
    """
    sites = frozenset(route.site for route in routes)
    if form is DoseForm.UNMAPPED or not sites or Route.UNMAPPED in sites:
        return None
    return form.group, form.release, sites
