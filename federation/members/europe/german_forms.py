"""Dose forms as German sources (BfArM) write them: EDQM's standard terms in German."""

from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.dose_forms import DoseForm

DOSE_FORM = Crosswalk(
    "eu.de_dose_form",
    DoseForm,
    1,
    {
        "Augensalbe": DoseForm.EYE_OINTMENT,
        "Augentropfen": DoseForm.EYE_DROPS,
        "Augentropfen, Lösung": DoseForm.EYE_DROPS_SOLUTION,
        "Augentropfen, Suspension": DoseForm.EYE_DROPS_SUSPENSION,
        "Brausetablette": DoseForm.EFFERVESCENT_TABLET,
        "Creme": DoseForm.CREAM,
        "Druckgasinhalation, Lösung": DoseForm.PRESSURISED_INHALATION_SOLUTION,
        "Druckgasinhalation, Suspension": DoseForm.PRESSURISED_INHALATION_SUSPENSION,
        "Emulsion zur Infusion": DoseForm.EMULSION_FOR_INFUSION,
        "Filmtablette": DoseForm.FILM_COATED_TABLET,
        "Gel": DoseForm.GEL,
        "Granulat": DoseForm.GRANULES,
        "Hartkapsel": DoseForm.CAPSULE_HARD,
        "Hartkapsel, retardiert": DoseForm.PROLONGED_RELEASE_CAPSULE_HARD,
        "Implantat": DoseForm.IMPLANT,
        "Infusionslösung": DoseForm.SOLUTION_FOR_INFUSION,
        "Injektionslösung": DoseForm.SOLUTION_FOR_INJECTION,
        "Injektions-/Infusionslösung": DoseForm.SOLUTION_FOR_INJECTION_INFUSION,
        "Injektionssuspension": DoseForm.SUSPENSION_FOR_INJECTION,
        "Kapsel": DoseForm.CAPSULE,
        "Kautablette": DoseForm.CHEWABLE_TABLET,
        "Konzentrat zur Herstellung einer Infusionslösung": (
            DoseForm.CONCENTRATE_FOR_SOLUTION_FOR_INFUSION
        ),
        "Lösung zum Einnehmen": DoseForm.ORAL_SOLUTION,
        "Lösung für einen Vernebler": DoseForm.NEBULISER_SOLUTION,
        "Lutschtablette": DoseForm.COMPRESSED_LOZENGE,
        "magensaftresistente Hartkapsel": DoseForm.GASTRO_RESISTANT_CAPSULE_HARD,
        "magensaftresistente Tablette": DoseForm.GASTRO_RESISTANT_TABLET,
        "Nasenspray, Lösung": DoseForm.NASAL_SPRAY_SOLUTION,
        "Nasenspray, Suspension": DoseForm.NASAL_SPRAY_SUSPENSION,
        "Pulver zur Herstellung einer Infusionslösung": DoseForm.POWDER_FOR_SOLUTION_FOR_INFUSION,
        "Pulver zur Herstellung einer Injektionslösung": (
            DoseForm.POWDER_FOR_SOLUTION_FOR_INJECTION
        ),
        "Pulver zur Herstellung einer Injektions-/Infusionslösung": (
            DoseForm.POWDER_FOR_SOLUTION_FOR_INJECTION_INFUSION
        ),
        "Pulver zur Herstellung einer Suspension zum Einnehmen": (
            DoseForm.POWDER_FOR_ORAL_SUSPENSION
        ),
        "Pulver zur Inhalation": DoseForm.INHALATION_POWDER,
        "Retardkapsel": DoseForm.PROLONGED_RELEASE_CAPSULE,
        "Retardtablette": DoseForm.PROLONGED_RELEASE_TABLET,
        "Salbe": DoseForm.OINTMENT,
        "Schmelztablette": DoseForm.ORODISPERSIBLE_TABLET,
        "Sirup": DoseForm.SYRUP,
        "Suspension zum Einnehmen": DoseForm.ORAL_SUSPENSION,
        "Tablette": DoseForm.TABLET,
        "Tablette zur Herstellung einer Suspension zum Einnehmen": DoseForm.DISPERSIBLE_TABLET,
        "transdermales Pflaster": DoseForm.TRANSDERMAL_PATCH,
        "Tropfen zum Einnehmen, Lösung": DoseForm.ORAL_DROPS_SOLUTION,
        "Überzogene Tablette": DoseForm.COATED_TABLET,
        "Weichkapsel": DoseForm.CAPSULE_SOFT,
        "wirkstoffhaltiges Pflaster": DoseForm.MEDICATED_PLASTER,
        "Zäpfchen": DoseForm.SUPPOSITORY,
    },
)
