"""Routes of administration in EDQM's terms.

Where the members' lists say less than EDQM's terms do, a broader one stands in (`PARENTERAL`).

Source: list 100000073345 of EMA's Referentials Management Service, which holds EDQM's terms.
"""

from enum import auto

from federation.vocabularies.vocabulary import Vocabulary


class Route(Vocabulary):
    """A route of administration, by EDQM's standard terms."""

    AURICULAR = auto()
    BUCCAL = auto()
    CUTANEOUS = auto()
    DENTAL = auto()
    ENDOCERVICAL = auto()
    ENDOSINUSIAL = auto()
    ENDOTRACHEOPULMONARY = auto()
    EPIDURAL = auto()
    EPILESIONAL = auto()
    EXTRACORPOREAL = auto()
    GASTRIC = auto()
    GASTROENTERAL = auto()
    GINGIVAL = auto()
    HAEMODIALYSIS = auto()
    IMPLANTATION = auto()
    INFILTRATION = auto()
    INHALATION = auto()
    INTESTINAL = auto()
    INTRAAMNIOTIC = auto()
    INTRAARTERIAL = auto()
    INTRAARTICULAR = auto()
    INTRABURSAL = auto()
    INTRACAMERAL = auto()
    INTRACARDIAC = auto()
    INTRACAVERNOUS = auto()
    INTRACEREBRAL = auto()
    INTRACEREBROVENTRICULAR = auto()
    INTRACERVICAL = auto()
    INTRACHOLANGIOPANCREATIC = auto()
    INTRACISTERNAL = auto()
    INTRACORONARY = auto()
    INTRADERMAL = auto()
    INTRADURAL = auto()
    INTRAGLANDULAR = auto()
    INTRALESIONAL = auto()
    INTRALYMPHATIC = auto()
    INTRAMUSCULAR = auto()
    INTRAOCULAR = auto()
    INTRAOSSEOUS = auto()
    INTRAPERICARDIAL = auto()
    INTRAPERITONEAL = auto()
    INTRAPLEURAL = auto()
    INTRAPUTAMINAL = auto()
    INTRATHECAL = auto()
    INTRATUMORAL = auto()
    INTRATYMPANIC = auto()
    INTRAUTERINE = auto()
    INTRAVASCULAR = auto(), "into a blood vessel; no more is said"
    INTRAVENOUS = auto()
    INTRAVENTRICULAR = auto()
    INTRAVESICAL = auto()
    INTRAVITREAL = auto()
    IONTOPHORESIS = auto()
    IRRIGATION = auto()
    LARYNGOPHARYNGEAL = auto()
    NAIL = auto()
    NASAL = auto()
    OCULAR = auto()
    ORAL = auto()
    OROMUCOSAL = auto()
    OROPHARYNGEAL = auto()
    PARENTERAL = auto(), "injected or infused; no more is said"
    PERIARTICULAR = auto()
    PERINEURAL = auto()
    PERIODONTAL = auto()
    PERITUMORAL = auto()
    RECTAL = auto()
    RETROBULBAR = auto()
    SKIN_SCARIFICATION = auto()
    SOFT_TISSUE = auto()
    SUBCONJUNCTIVAL = auto()
    SUBCUTANEOUS = auto()
    SUBLINGUAL = auto()
    SUBMUCOSAL = auto()
    SUBRETINAL = auto()
    TOPICAL = auto(), "on a spot of the outer body; no more is said"
    TRANSDERMAL = auto()
    TRANSMUCOSAL = auto(), "through a mucous membrane; no more is said"
    URETHRAL = auto()
    VAGINAL = auto()
    UNMAPPED = auto()

    @property
    def site(self) -> "Route":
        """The broader route by which products compare: all injections are `PARENTERAL`."""
        return _SITES.get(self, self)


_SITES = {
    Route.NAIL: Route.CUTANEOUS,
    Route.TOPICAL: Route.CUTANEOUS,
    Route.BUCCAL: Route.OROMUCOSAL,
    Route.DENTAL: Route.OROMUCOSAL,
    Route.GINGIVAL: Route.OROMUCOSAL,
    Route.OROPHARYNGEAL: Route.OROMUCOSAL,
    Route.PERIODONTAL: Route.OROMUCOSAL,
    Route.SUBLINGUAL: Route.OROMUCOSAL,
    Route.EPIDURAL: Route.PARENTERAL,
    Route.INFILTRATION: Route.PARENTERAL,
    Route.INTRAAMNIOTIC: Route.PARENTERAL,
    Route.INTRAARTERIAL: Route.PARENTERAL,
    Route.INTRAARTICULAR: Route.PARENTERAL,
    Route.INTRABURSAL: Route.PARENTERAL,
    Route.INTRACAMERAL: Route.PARENTERAL,
    Route.INTRACARDIAC: Route.PARENTERAL,
    Route.INTRACAVERNOUS: Route.PARENTERAL,
    Route.INTRACEREBRAL: Route.PARENTERAL,
    Route.INTRACEREBROVENTRICULAR: Route.PARENTERAL,
    Route.INTRACHOLANGIOPANCREATIC: Route.PARENTERAL,
    Route.INTRACISTERNAL: Route.PARENTERAL,
    Route.INTRACORONARY: Route.PARENTERAL,
    Route.INTRADERMAL: Route.PARENTERAL,
    Route.INTRADURAL: Route.PARENTERAL,
    Route.INTRAGLANDULAR: Route.PARENTERAL,
    Route.INTRALESIONAL: Route.PARENTERAL,
    Route.INTRALYMPHATIC: Route.PARENTERAL,
    Route.INTRAMUSCULAR: Route.PARENTERAL,
    Route.INTRAOCULAR: Route.PARENTERAL,
    Route.INTRAOSSEOUS: Route.PARENTERAL,
    Route.INTRAPERICARDIAL: Route.PARENTERAL,
    Route.INTRAPLEURAL: Route.PARENTERAL,
    Route.INTRAPUTAMINAL: Route.PARENTERAL,
    Route.INTRATHECAL: Route.PARENTERAL,
    Route.INTRATUMORAL: Route.PARENTERAL,
    Route.INTRATYMPANIC: Route.PARENTERAL,
    Route.INTRAVASCULAR: Route.PARENTERAL,
    Route.INTRAVENOUS: Route.PARENTERAL,
    Route.INTRAVENTRICULAR: Route.PARENTERAL,
    Route.INTRAVITREAL: Route.PARENTERAL,
    Route.PERIARTICULAR: Route.PARENTERAL,
    Route.PERINEURAL: Route.PARENTERAL,
    Route.PERITUMORAL: Route.PARENTERAL,
    Route.RETROBULBAR: Route.PARENTERAL,
    Route.SOFT_TISSUE: Route.PARENTERAL,
    Route.SUBCONJUNCTIVAL: Route.PARENTERAL,
    Route.SUBCUTANEOUS: Route.PARENTERAL,
    Route.SUBMUCOSAL: Route.PARENTERAL,
    Route.SUBRETINAL: Route.PARENTERAL,
}
