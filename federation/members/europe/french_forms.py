"""Dose forms and routes as French registers (BDPM) write them.

Forms are put together from parts, with agreement marks left in and parts doubled
(`poudre buvable buvable et  poudre buvable buvable`); `plain_form` reduces them. A form that says
less than EDQM's terms is told apart by its route, `crème;vaginale`. A homeopathic registration of
several forms at once (`crème et solution et granules et poudre`) is none of them.

Longer than most modules because it is one list.
"""

import polars as pl

from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.dose_forms import DoseForm, Route

_MARKS = r"\((?:e|ve|se|s)\)"
_WITHOUT_MEANING = (
    r" (?:sécable|quadrisécable|stérile|unidose|en vrac|hypertonique|fluide|épaisse)\b"
    r"| et solvant\b(?: injectable)*"
)


def plain_form(text: pl.Expr) -> pl.Expr:
    """Reduce a form: without marks of agreement, score lines, containers and the solvent."""
    return (
        text.str.to_lowercase()
        .str.replace_all(r"\s+", " ")
        .str.replace_all(_MARKS, "")
        .str.replace_all(_WITHOUT_MEANING, "")
        .str.replace_all(r" (?:et|ou)$", "")
        .str.strip_chars()
    )


DOSE_FORM = Crosswalk(
    "eu.fr_dose_form",
    DoseForm,
    1,
    {
        "bain de bouche": DoseForm.MOUTHWASH,
        "bâton pour application": DoseForm.CUTANEOUS_STICK,
        "capsule": DoseForm.CAPSULE,
        "capsule molle": DoseForm.CAPSULE_SOFT,
        "capsule molle;vaginale": DoseForm.VAGINAL_CAPSULE_SOFT,
        "capsule pour inhalation par vapeur": DoseForm.INHALATION_VAPOUR_CAPSULE,
        "collutoire": DoseForm.OROMUCOSAL_SPRAY_SOLUTION,
        "collyre": DoseForm.EYE_DROPS,
        "collyre en solution": DoseForm.EYE_DROPS_SOLUTION,
        "collyre en suspension": DoseForm.EYE_DROPS_SUSPENSION,
        "collyre en émulsion": DoseForm.EYE_DROPS_EMULSION,
        "collyre en solution à libération prolongée": (
            DoseForm.EYE_DROPS_PROLONGED_RELEASE_SOLUTION
        ),
        "collyre à libération prolongée": DoseForm.EYE_DROPS_PROLONGED_RELEASE_SOLUTION,
        "compresse imprégné": DoseForm.IMPREGNATED_PAD,
        "comprimé": DoseForm.TABLET,
        "comprimé;buccogingivale": DoseForm.BUCCAL_TABLET,
        "comprimé;sublinguale": DoseForm.SUBLINGUAL_TABLET,
        "comprimé;vaginale": DoseForm.VAGINAL_TABLET,
        "comprimé dispersible": DoseForm.DISPERSIBLE_TABLET,
        "comprimé dispersible ou à croquer": DoseForm.CHEWABLE_DISPERSIBLE_TABLET,
        "comprimé effervescent": DoseForm.EFFERVESCENT_TABLET,
        "comprimé enrobé": DoseForm.COATED_TABLET,
        "comprimé enrobé et comprimé enrobé": DoseForm.COATED_TABLET,  # a pack of two
        "comprimé enrobé et comprimé enrobé et comprimé enrobé": DoseForm.COATED_TABLET,
        "comprimé enrobé gastro-résistant": DoseForm.GASTRO_RESISTANT_TABLET,
        "comprimé enrobé à libération prolongée": DoseForm.PROLONGED_RELEASE_TABLET,
        "comprimé et comprimé": DoseForm.TABLET,
        "comprimé et comprimé et comprimé": DoseForm.TABLET,
        "comprimé gastro-résistant": DoseForm.GASTRO_RESISTANT_TABLET,
        "comprimé muco-adhésif": DoseForm.MUCO_ADHESIVE_BUCCAL_TABLET,
        "comprimé orodispersible": DoseForm.ORODISPERSIBLE_TABLET,
        "comprimé osmotique": DoseForm.PROLONGED_RELEASE_TABLET,
        "comprimé pelliculé": DoseForm.FILM_COATED_TABLET,
        "comprimé pelliculé dispersible": DoseForm.DISPERSIBLE_TABLET,
        "comprimé pelliculé et comprimé pelliculé": DoseForm.FILM_COATED_TABLET,
        "comprimé pelliculé et comprimé pelliculé et comprimé pelliculé": (
            DoseForm.FILM_COATED_TABLET
        ),
        "comprimé pelliculé gastro-résistant": DoseForm.GASTRO_RESISTANT_TABLET,
        "comprimé pelliculé à libération modifiée": DoseForm.MODIFIED_RELEASE_TABLET,
        "comprimé pelliculé à libération prolongée": DoseForm.PROLONGED_RELEASE_TABLET,
        "comprimé pour suspension buvable": DoseForm.DISPERSIBLE_TABLET,
        "comprimé pour solution buvable": DoseForm.SOLUBLE_TABLET,
        "comprimé à croquer": DoseForm.CHEWABLE_TABLET,
        "comprimé à libération modifiée": DoseForm.MODIFIED_RELEASE_TABLET,
        "comprimé à libération prolongée": DoseForm.PROLONGED_RELEASE_TABLET,
        "comprimé à sucer": DoseForm.COMPRESSED_LOZENGE,
        "crème": DoseForm.CREAM,
        "crème pour application": DoseForm.CREAM,
        "crème;rectale": DoseForm.RECTAL_CREAM,
        "crème;vaginale": DoseForm.VAGINAL_CREAM,
        "dispersion injectable": DoseForm.DISPERSION_FOR_INJECTION,
        "dispersion injectable pour perfusion": DoseForm.DISPERSION_FOR_INJECTION_INFUSION,
        "dispersion injectable ou pour perfusion": DoseForm.DISPERSION_FOR_INJECTION_INFUSION,
        "dispersion pour inhalation par nébuliseur": DoseForm.NEBULISER_DISPERSION,
        "dispersion pour perfusion": DoseForm.DISPERSION_FOR_INFUSION,
        "dispersion à diluer pour dispersion injectable": (
            DoseForm.CONCENTRATE_FOR_DISPERSION_FOR_INJECTION
        ),
        "dispersion à diluer pour perfusion": DoseForm.CONCENTRATE_FOR_DISPERSION_FOR_INFUSION,
        "dispositif;transdermale": DoseForm.TRANSDERMAL_PATCH,
        "dispositif;transdermique": DoseForm.TRANSDERMAL_PATCH,
        "emplâtre": DoseForm.MEDICATED_PLASTER,
        "emplâtre adhésif": DoseForm.MEDICATED_PLASTER,
        "emplâtre médicamenteux": DoseForm.MEDICATED_PLASTER,
        "film orodispersible": DoseForm.ORODISPERSIBLE_FILM,
        "gaz": DoseForm.MEDICINAL_GAS,
        "gaz pour inhalation": DoseForm.MEDICINAL_GAS,
        "gel": DoseForm.GEL,
        "gel pour application": DoseForm.GEL,
        "gel buvable": DoseForm.ORAL_GEL,
        "gel dentifrice": DoseForm.TOOTHPASTE,
        "gel intestinal": DoseForm.INTESTINAL_GEL,
        "gel pour usage dentaire": DoseForm.DENTAL_GEL,
        "gel;buccogingivale": DoseForm.GINGIVAL_GEL,
        "gel;dentaire": DoseForm.DENTAL_GEL,
        "gel;endocervicale": DoseForm.ENDOCERVICAL_GEL,
        "gel;gingivale": DoseForm.GINGIVAL_GEL,
        "gel;nasale": DoseForm.NASAL_GEL,
        "gel;ophtalmique": DoseForm.EYE_GEL,
        "gel;rectale": DoseForm.RECTAL_GEL,
        "gel;transdermique": DoseForm.TRANSDERMAL_GEL,
        "gel;urétrale": DoseForm.URETHRAL_GEL,
        "gel;vaginale": DoseForm.VAGINAL_GEL,
        "gelée": DoseForm.GEL,
        "gomme à mâcher": DoseForm.MEDICATED_CHEWING_GUM,
        "gomme à mâcher médicamenteux": DoseForm.MEDICATED_CHEWING_GUM,
        "granules": DoseForm.PILLULES,
        "granules à libération prolongée": DoseForm.PROLONGED_RELEASE_GRANULES,
        "granulés": DoseForm.GRANULES,
        "granulés effervescent pour solution buvable": DoseForm.EFFERVESCENT_GRANULES,
        "granulés en gélule": DoseForm.CAPSULE_HARD,
        "granulés enrobé": DoseForm.COATED_GRANULES,
        "granulés gastro-résistant": DoseForm.GASTRO_RESISTANT_GRANULES,
        "granulés gastro-résistant pour suspension buvable": (
            DoseForm.GASTRO_RESISTANT_GRANULES_FOR_ORAL_SUSPENSION
        ),
        "granulés pour solution buvable": DoseForm.GRANULES_FOR_ORAL_SOLUTION,
        "granulés pour suspension buvable": DoseForm.GRANULES_FOR_ORAL_SUSPENSION,
        "granulés à libération prolongée": DoseForm.PROLONGED_RELEASE_GRANULES,
        "générateur radiopharmaceutique": DoseForm.RADIONUCLIDE_GENERATOR,
        "gélule": DoseForm.CAPSULE_HARD,
        "gélule et gélule": DoseForm.CAPSULE_HARD,
        "gélule gastro-résistant": DoseForm.GASTRO_RESISTANT_CAPSULE_HARD,
        "gélule à libération modifiée": DoseForm.MODIFIED_RELEASE_CAPSULE_HARD,
        "gélule à libération prolongée": DoseForm.PROLONGED_RELEASE_CAPSULE_HARD,
        "implant": DoseForm.IMPLANT,
        "insert;ophtalmique": DoseForm.OPHTHALMIC_INSERT,
        "liquide": DoseForm.LIQUID,
        "liquide pour application": DoseForm.CUTANEOUS_LIQUID,
        "liquide pour inhalation par vapeur": DoseForm.INHALATION_VAPOUR_LIQUID,
        "lotion": DoseForm.CUTANEOUS_LOTION,
        "lyophilisat;orale": DoseForm.ORAL_LYOPHILISATE,
        "lyophilisat;sublinguale": DoseForm.SUBLINGUAL_LYOPHILISATE,
        "lyophilisat et solution pour usage parentéral": DoseForm.POWDER_FOR_INJECTION,
        "lyophilisat pour préparation injectable": DoseForm.POWDER_FOR_INJECTION,
        "lyophilisat pour usage parentéral": DoseForm.POWDER_FOR_INJECTION,
        "mélange de plantes pour tisane": DoseForm.HERBAL_TEA,
        "microgranule gastro-résistant en gélule": DoseForm.GASTRO_RESISTANT_CAPSULE_HARD,
        "microgranule à libération prolongée en gélule": DoseForm.PROLONGED_RELEASE_CAPSULE_HARD,
        "mousse": DoseForm.FOAM,
        "mousse;cutanée": DoseForm.CUTANEOUS_FOAM,
        "mousse;rectale": DoseForm.RECTAL_FOAM,
        "mousse pour application": DoseForm.CUTANEOUS_FOAM,
        "ovule": DoseForm.PESSARY,
        "ovule à libération prolongée": DoseForm.PROLONGED_RELEASE_PESSARY,
        "pastille": DoseForm.PASTILLE,
        "pastille à sucer": DoseForm.PASTILLE,
        "patch;cutanée": DoseForm.CUTANEOUS_PATCH,
        "patch;transdermique": DoseForm.TRANSDERMAL_PATCH,
        "plante pour tisane": DoseForm.HERBAL_TEA,
        "pommade": DoseForm.OINTMENT,
        "pommade pour application": DoseForm.OINTMENT,
        "pommade;nasale": DoseForm.NASAL_OINTMENT,
        "pommade;ophtalmique": DoseForm.EYE_OINTMENT,
        "pommade;rectale": DoseForm.RECTAL_OINTMENT,
        "poudre": DoseForm.POWDER,
        "poudre;orale": DoseForm.ORAL_POWDER,
        "poudre buvable buvable et poudre buvable buvable": DoseForm.ORAL_POWDER,
        "poudre effervescent pour solution buvable": DoseForm.EFFERVESCENT_POWDER,
        "poudre effervescent pour suspension buvable": DoseForm.EFFERVESCENT_POWDER,
        "poudre en gélule": DoseForm.CAPSULE_HARD,
        "poudre et poudre pour inhalation": DoseForm.INHALATION_POWDER,
        "poudre et poudre pour solution buvable": DoseForm.POWDER_FOR_ORAL_SOLUTION,
        "poudre et solution pour préparation injectable": DoseForm.POWDER_FOR_INJECTION,
        "poudre et solution pour solution injectable": DoseForm.POWDER_FOR_SOLUTION_FOR_INJECTION,
        "poudre et solution pour usage parentéral": DoseForm.POWDER_FOR_INJECTION,
        "poudre et suspension pour suspension injectable": (
            DoseForm.POWDER_FOR_SUSPENSION_FOR_INJECTION
        ),
        "poudre pour application": DoseForm.CUTANEOUS_POWDER,
        "poudre pour concentré pour solution pour perfusion": (
            DoseForm.POWDER_FOR_CONCENTRATE_FOR_SOLUTION_FOR_INFUSION
        ),
        "poudre pour dispersion injectable": DoseForm.POWDER_FOR_DISPERSION_FOR_INJECTION,
        "poudre pour dispersion pour perfusion": DoseForm.POWDER_FOR_DISPERSION_FOR_INFUSION,
        "poudre pour inhalation": DoseForm.INHALATION_POWDER,
        "poudre pour inhalation en gélule": DoseForm.INHALATION_POWDER_HARD_CAPSULE,
        "poudre pour injection": DoseForm.POWDER_FOR_INJECTION,
        "poudre pour préparation injectable": DoseForm.POWDER_FOR_INJECTION,
        "poudre pour solution buvable": DoseForm.POWDER_FOR_ORAL_SOLUTION,
        "poudre pour solution injectable": DoseForm.POWDER_FOR_SOLUTION_FOR_INJECTION,
        "poudre pour solution injectable et pour perfusion": (
            DoseForm.POWDER_FOR_SOLUTION_FOR_INJECTION_INFUSION
        ),
        "poudre pour solution injectable ou pour perfusion": (
            DoseForm.POWDER_FOR_SOLUTION_FOR_INJECTION_INFUSION
        ),
        "poudre pour solution injectable pour perfusion": (
            DoseForm.POWDER_FOR_SOLUTION_FOR_INJECTION_INFUSION
        ),
        "poudre pour solution pour inhalation par nébuliseur": (
            DoseForm.POWDER_FOR_NEBULISER_SOLUTION
        ),
        "poudre pour solution pour injection ou pour perfusion": (
            DoseForm.POWDER_FOR_SOLUTION_FOR_INJECTION_INFUSION
        ),
        "poudre pour solution pour perfusion": DoseForm.POWDER_FOR_SOLUTION_FOR_INFUSION,
        "poudre pour solution à diluer pour perfusion": (
            DoseForm.POWDER_FOR_CONCENTRATE_FOR_SOLUTION_FOR_INFUSION
        ),
        "poudre pour suspension buvable": DoseForm.POWDER_FOR_ORAL_SUSPENSION,
        "poudre pour suspension injectable": DoseForm.POWDER_FOR_SUSPENSION_FOR_INJECTION,
        "poudre pour suspension injectable à libération prolongée": (
            DoseForm.POWDER_FOR_PROLONGED_RELEASE_SUSPENSION_FOR_INJECTION
        ),
        "poudre pour usage parentéral": DoseForm.POWDER_FOR_INJECTION,
        "poudre à diluer pour solution pour perfusion": (
            DoseForm.POWDER_FOR_CONCENTRATE_FOR_SOLUTION_FOR_INFUSION
        ),
        "précurseur radiopharmaceutique": DoseForm.RADIOPHARMACEUTICAL_PRECURSOR,
        "précurseur radiopharmaceutique en solution": (
            DoseForm.RADIOPHARMACEUTICAL_PRECURSOR_SOLUTION
        ),
        "pâte": DoseForm.PASTE,
        "pâte à sucer": DoseForm.PASTILLE,
        "pâte dentifrice": DoseForm.TOOTHPASTE,
        "pâte pour application": DoseForm.CUTANEOUS_PASTE,
        "pâte pour usage dentaire": DoseForm.DENTAL_PASTE,
        "shampooing": DoseForm.SHAMPOO,
        "sirop": DoseForm.SYRUP,
        "solution": DoseForm.SOLUTION,
        "solution;auriculaire": DoseForm.EAR_DROPS_SOLUTION,
        "solution;cutanée": DoseForm.CUTANEOUS_SOLUTION,
        "solution;orale": DoseForm.ORAL_SOLUTION,
        "solution;rectale": DoseForm.RECTAL_SOLUTION,
        "solution buvable": DoseForm.ORAL_SOLUTION,
        "solution buvable en gouttes": DoseForm.ORAL_DROPS_SOLUTION,
        "solution buvable gouttes": DoseForm.ORAL_DROPS_SOLUTION,
        "solution buvable à diluer": DoseForm.CONCENTRATE_FOR_ORAL_SOLUTION,
        "solution à diluer pour solution buvable": DoseForm.CONCENTRATE_FOR_ORAL_SOLUTION,
        "solution cardioplégique": DoseForm.SOLUTION_FOR_CARDIOPLEGIA,
        "solution en gouttes;orale": DoseForm.ORAL_DROPS_SOLUTION,
        "solution et solution pour colle": DoseForm.SEALANT,
        "solution et solution pour dialyse péritonéale": DoseForm.SOLUTION_FOR_PERITONEAL_DIALYSIS,
        "solution et solution pour hémodialyse et pour hémofiltration": (
            DoseForm.SOLUTION_FOR_HAEMODIALYSIS_HAEMOFILTRATION
        ),
        "solution et solution pour hémodialyse pour hémofiltration": (
            DoseForm.SOLUTION_FOR_HAEMODIALYSIS_HAEMOFILTRATION
        ),
        "solution et solution pour hémofiltration et pour hémodialyse": (
            DoseForm.SOLUTION_FOR_HAEMODIALYSIS_HAEMOFILTRATION
        ),
        "solution et solution pour perfusion": DoseForm.SOLUTION_FOR_INFUSION,
        "solution et solution et émulsion pour perfusion": DoseForm.EMULSION_FOR_INFUSION,
        "solution et émulsion et solution pour perfusion": DoseForm.EMULSION_FOR_INFUSION,
        "solution filmogène pour application": DoseForm.CUTANEOUS_SOLUTION,
        "solution gouttes;auriculaire": DoseForm.EAR_DROPS_SOLUTION,
        "solution gouttes;orale": DoseForm.ORAL_DROPS_SOLUTION,
        "solution injectable": DoseForm.SOLUTION_FOR_INJECTION,
        "solution injectable et solution injectable": DoseForm.SOLUTION_FOR_INJECTION,
        "solution injectable ou pour perfusion": DoseForm.SOLUTION_FOR_INJECTION_INFUSION,
        "solution injectable pour perfusion": DoseForm.SOLUTION_FOR_INJECTION_INFUSION,
        "solution injectable pour usage dentaire": DoseForm.SOLUTION_FOR_INJECTION,
        "solution injectable à libération prolongée": (
            DoseForm.PROLONGED_RELEASE_SOLUTION_FOR_INJECTION
        ),
        "solution moussant": DoseForm.SOLUTION,
        "solution pour application": DoseForm.CUTANEOUS_SOLUTION,
        "solution pour application;buccogingivale": DoseForm.OROMUCOSAL_SOLUTION,
        "solution pour application;dentaire": DoseForm.DENTAL_SOLUTION,
        "solution pour application;gingivale": DoseForm.OROMUCOSAL_SOLUTION,
        "solution pour application;voie buccale autre": DoseForm.OROMUCOSAL_SOLUTION,
        "solution pour administration intravésicale": DoseForm.INTRAVESICAL_SOLUTION,
        "solution pour bain de bouche": DoseForm.MOUTHWASH,
        "solution pour dialyse péritonéale": DoseForm.SOLUTION_FOR_PERITONEAL_DIALYSIS,
        "solution pour gargarisme ou pour bain de bouche": DoseForm.MOUTHWASH,
        "solution pour hémofiltration": DoseForm.SOLUTION_FOR_HAEMOFILTRATION,
        "solution pour inhalation": DoseForm.INHALATION_SOLUTION,
        "solution pour inhalation par fumigation": DoseForm.INHALATION_SOLUTION,
        "solution pour inhalation par nébuliseur": DoseForm.NEBULISER_SOLUTION,
        "solution pour injection ou pour perfusion": DoseForm.SOLUTION_FOR_INJECTION_INFUSION,
        "solution pour instillation;auriculaire": DoseForm.EAR_DROPS_SOLUTION,
        "solution pour instillation;nasale": DoseForm.NASAL_DROPS_SOLUTION,
        "solution pour lavage;nasale": DoseForm.NASAL_WASH,
        "solution pour lavage;ophtalmique": DoseForm.EYE_LOTION,
        "solution pour perfusion": DoseForm.SOLUTION_FOR_INFUSION,
        "solution pour prick-test": DoseForm.SOLUTION_FOR_SKIN_PRICK_TEST,
        "solution pour préparation injectable": DoseForm.SOLUTION_FOR_INJECTION,
        "solution pour préparation injectable ou pour perfusion": (
            DoseForm.SOLUTION_FOR_INJECTION_INFUSION
        ),
        "solution pour pulvérisation;auriculaire": DoseForm.EAR_SPRAY_SOLUTION,
        "solution pour pulvérisation;cutanée": DoseForm.CUTANEOUS_SPRAY_SOLUTION,
        "solution pour pulvérisation;nasale": DoseForm.NASAL_SPRAY_SOLUTION,
        "solution pour pulvérisation;sublinguale": DoseForm.SUBLINGUAL_SPRAY_SOLUTION,
        "solution pour pulvérisation;voie buccale autre": DoseForm.OROMUCOSAL_SPRAY_SOLUTION,
        "solution pour pulvérisation endo-buccal": DoseForm.OROMUCOSAL_SPRAY_SOLUTION,
        "solution à diluer injectable": DoseForm.CONCENTRATE_FOR_SOLUTION_FOR_INJECTION,
        "solution à diluer injectable ou pour perfusion": (
            DoseForm.CONCENTRATE_FOR_SOLUTION_FOR_INJECTION_INFUSION
        ),
        "solution à diluer pour solution injectable": (
            DoseForm.CONCENTRATE_FOR_SOLUTION_FOR_INJECTION
        ),
        "solution à diluer pour injection ou pour perfusion": (
            DoseForm.CONCENTRATE_FOR_SOLUTION_FOR_INJECTION_INFUSION
        ),
        "solution à diluer pour perfusion": DoseForm.CONCENTRATE_FOR_SOLUTION_FOR_INFUSION,
        "solution à diluer pour solution injectable ou pour perfusion": (
            DoseForm.CONCENTRATE_FOR_SOLUTION_FOR_INJECTION_INFUSION
        ),
        "solution à diluer pour solution pour perfusion": (
            DoseForm.CONCENTRATE_FOR_SOLUTION_FOR_INFUSION
        ),
        "solvant pour préparation parentérale": DoseForm.SOLVENT_FOR_PARENTERAL_USE,
        "suppositoire": DoseForm.SUPPOSITORY,
        "suppositoire effervescent": DoseForm.SUPPOSITORY,
        "suspension": DoseForm.SUSPENSION,
        "suspension;rectale": DoseForm.RECTAL_SUSPENSION,
        "suspension buvable": DoseForm.ORAL_SUSPENSION,
        "suspension colloidale injectable": DoseForm.SUSPENSION_FOR_INJECTION,
        "suspension injectable": DoseForm.SUSPENSION_FOR_INJECTION,
        "suspension injectable à libération prolongée": (
            DoseForm.PROLONGED_RELEASE_SUSPENSION_FOR_INJECTION
        ),
        "suspension pour inhalation": DoseForm.PRESSURISED_INHALATION_SUSPENSION,
        "suspension pour inhalation par nébuliseur": DoseForm.NEBULISER_SUSPENSION,
        "suspension pour injection": DoseForm.SUSPENSION_FOR_INJECTION,
        "suspension pour instillation;endotrachéobronchique": (
            DoseForm.ENDOTRACHEOPULMONARY_INSTILLATION_SUSPENSION
        ),
        "suspension pour pulvérisation;cutanée": DoseForm.CUTANEOUS_SPRAY_SUSPENSION,
        "suspension pour pulvérisation;nasale": DoseForm.NASAL_SPRAY_SUSPENSION,
        "système de diffusion;intra-utérine": DoseForm.INTRAUTERINE_DELIVERY_SYSTEM,
        "système de diffusion;vaginale": DoseForm.VAGINAL_DELIVERY_SYSTEM,
        "trousse et trousse pour préparation radiopharmaceutique": (
            DoseForm.KIT_FOR_RADIOPHARMACEUTICAL_PREPARATION
        ),
        "trousse pour préparation radiopharmaceutique": (
            DoseForm.KIT_FOR_RADIOPHARMACEUTICAL_PREPARATION
        ),
        "trousse radiopharmaceutique": DoseForm.KIT_FOR_RADIOPHARMACEUTICAL_PREPARATION,
        "vernis à ongles médicamenteux": DoseForm.MEDICATED_NAIL_LACQUER,
        "émulsion injectable": DoseForm.EMULSION_FOR_INJECTION,
        "émulsion injectable ou pour perfusion": DoseForm.EMULSION_FOR_INJECTION_INFUSION,
        "émulsion injectable pour perfusion": DoseForm.EMULSION_FOR_INJECTION_INFUSION,
        "émulsion pour application": DoseForm.CUTANEOUS_EMULSION,
        "émulsion pour perfusion": DoseForm.EMULSION_FOR_INFUSION,
    },
)

ROUTE = Crosswalk(
    "eu.fr_route",
    Route,
    1,
    {
        "auriculaire": Route.AURICULAR,
        "buccogingivale": Route.GINGIVAL,
        "cutanée": Route.CUTANEOUS,
        "dentaire": Route.DENTAL,
        "endocervicale": Route.ENDOCERVICAL,
        "endosinusale": Route.ENDOSINUSIAL,
        "endotrachéobronchique": Route.ENDOTRACHEOPULMONARY,
        "gastrique": Route.GASTRIC,
        "gastro-entérale": Route.GASTROENTERAL,
        "gingivale": Route.GINGIVAL,
        "hémodialyse": Route.HAEMODIALYSIS,
        "hémofiltration": Route.EXTRACORPOREAL,
        "implantation": Route.IMPLANTATION,
        "infiltration": Route.INFILTRATION,
        "inhalée": Route.INHALATION,
        "intestinale": Route.INTESTINAL,
        "intra-utérine": Route.INTRAUTERINE,
        "intraarticulaire": Route.INTRAARTICULAR,
        "intraartérielle": Route.INTRAARTERIAL,
        "intracamérulaire": Route.INTRACAMERAL,
        "intracaverneuse": Route.INTRACAVERNOUS,
        "intracervicale": Route.INTRACERVICAL,
        "intracholangiopancréatique": Route.INTRACHOLANGIOPANCREATIC,
        "intracisternale": Route.INTRACISTERNAL,
        "intracoronaire": Route.INTRACORONARY,
        "intracérébroventriculaire": Route.INTRACEREBROVENTRICULAR,
        "intradermique": Route.INTRADERMAL,
        "intradurale": Route.INTRADURAL,
        "intraglandulaire": Route.INTRAGLANDULAR,
        "intralymphatique": Route.INTRALYMPHATIC,
        "intralésionnelle": Route.INTRALESIONAL,
        "intramusculaire": Route.INTRAMUSCULAR,
        "intraoculaire": Route.INTRAOCULAR,
        "intraosseuse": Route.INTRAOSSEOUS,
        "intrapleurale": Route.INTRAPLEURAL,
        "intraputaminale": Route.INTRAPUTAMINAL,
        "intrapéricardiaque": Route.INTRAPERICARDIAL,
        "intrapéritonéale": Route.INTRAPERITONEAL,
        "intrathécale": Route.INTRATHECAL,
        "intratumorale": Route.INTRATUMORAL,
        "intraveineuse": Route.INTRAVENOUS,
        "intravitréenne": Route.INTRAVITREAL,
        "intravésicale": Route.INTRAVESICAL,
        "laryngopharyngée": Route.LARYNGOPHARYNGEAL,
        "nasale": Route.NASAL,
        "ophtalmique": Route.OCULAR,
        "orale": Route.ORAL,
        "oropharyngée": Route.OROPHARYNGEAL,
        "périarticulaire": Route.PERIARTICULAR,
        "péridurale": Route.EPIDURAL,
        "périneurale": Route.PERINEURAL,
        "péritumorale": Route.PERITUMORAL,
        "rectale": Route.RECTAL,
        "sous-conjonctivale": Route.SUBCONJUNCTIVAL,
        "sous-cutanée": Route.SUBCUTANEOUS,
        "sous-muqueuse": Route.SUBMUCOSAL,
        "sublinguale": Route.SUBLINGUAL,
        "subrétinale": Route.SUBRETINAL,
        "transdermique": Route.TRANSDERMAL,
        "urétrale": Route.URETHRAL,
        "vaginale": Route.VAGINAL,
        "voie buccale autre": Route.OROMUCOSAL,
        "voie extracorporelle autre": Route.EXTRACORPOREAL,
        "voie parentérale autre": Route.PARENTERAL,
        "épilésionnelle": Route.EPILESIONAL,
    },
)
