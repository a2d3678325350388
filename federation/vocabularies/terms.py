"""The common terms. A native term that has no common one is `UNMAPPED`, and its text is kept.

The national crosswalks stand with each member's feeds; here are only the words they lead to.
"""

from enum import auto

from federation.vocabularies.vocabulary import Vocabulary


class NoticeKind(Vocabulary):
    """What a supply notice is about."""

    SHORTAGE = auto()
    LIMITED_SUPPLY = auto()
    DISCONTINUATION = auto()
    SUSPENSION = auto()
    NORMAL_SUPPLY = auto()
    UNMAPPED = auto()


class SupplyStatus(Vocabulary):
    """Where a supply notice stands today, as its owner last said."""

    ONGOING = auto()
    RESOLVED = auto()
    DISCONTINUED = auto(), "taken off the market, or to be: no shortage"
    NO_SHORTAGE = auto(), "a status list that also names what is in normal supply"
    DRAFT = auto(), "begun, not yet filed with the authority"
    WITHDRAWN = auto(), "taken back or deleted by who filed it"
    NO_LONGER_LISTED = auto(), "absent from a newer list; not the same as resolved"
    UNMAPPED = auto()


class Availability(Vocabulary):
    """How much can be had, a second axis beside the status."""

    AVAILABLE = auto()
    LIMITED = auto()
    UNAVAILABLE = auto()
    INFORMATION_PENDING = auto()
    UNMAPPED = auto()


class ShortageReason(Vocabulary):
    """Why supply fell short."""

    DEMAND_INCREASE = auto()
    ACTIVE_SUBSTANCE = auto()
    OTHER_MATERIAL = auto()
    RAW_MATERIAL = auto(), "the source does not say whether the active substance or another"
    MANUFACTURING = auto()
    QUALITY = auto()
    REGULATORY = auto()
    LOGISTICS = auto()
    COMMERCIAL = auto()
    DISCONTINUATION = auto()
    OTHER = auto()
    UNMAPPED = auto()


class AuthorisationStatus(Vocabulary):
    """Standing of a marketing authorisation."""

    AUTHORISED = auto()
    TENTATIVE = auto()
    APPLIED = auto(), "an application or opinion, no decision yet"
    APPLICATION_WITHDRAWN = auto(), "taken back before a decision"
    REFUSED = auto()
    SUSPENDED = auto()
    WITHDRAWN = auto()
    REVOKED = auto()
    EXPIRED = auto()
    NOT_STATED = auto(), "the source is no register of authorisations"
    UNMAPPED = auto()


class MarketingStatus(Vocabulary):
    """Whether an authorised product is on the market."""

    MARKETED = auto()
    NOT_MARKETED = auto()
    DISCONTINUED = auto()
    UNMAPPED = auto()


class SupplyClass(Vocabulary):
    """Who may hand the medicine out."""

    PRESCRIPTION = auto()
    OVER_THE_COUNTER = auto()
    GENERAL_SALE = auto(), "sold outside pharmacies too"
    UNMAPPED = auto()


class ProductStage(Vocabulary):
    """Whether what is registered is a medicine or a material for one."""

    FINISHED = auto()
    ACTIVE_SUBSTANCE = auto()
    INTERMEDIATE = auto(), "a medicine that another finishes"
    HERBAL_MATERIAL = auto()
    UNMAPPED = auto()


class Species(Vocabulary):
    """Whom a medicine is for."""

    HUMAN = auto()
    VETERINARY = auto()
    UNMAPPED = auto()


class IngredientRole(Vocabulary):
    """What an ingredient does in the product."""

    ACTIVE = auto()
    EXCIPIENT = auto()
    UNMAPPED = auto()


class ResolutionMethod(Vocabulary):
    """How an ingredient's text came to its substance."""

    EXACT = auto()
    SYNONYM = auto()
    SALT = auto()
    BRACKET = auto()
    SPELLING = auto(), "by rules of spelling between languages"
    TRANSLITERATION = auto(), "by rules of sound, from Korean or Japanese"
    FUZZY = auto(), "nearly the same, with evidence"
    CHEMICAL = auto(), "put together from its ions"
    BRAND = auto(), "a brand of one substance"
    UNII = auto()
    CURATED = auto(), "decided by an agency's curator"
    NONE = auto()


class AlertKind(Vocabulary):
    """What a quality alert reports."""

    RECALL = auto()
    NOT_OF_STANDARD_QUALITY = auto()
    SPURIOUS = auto()
    UNMAPPED = auto()


class AlertSeverity(Vocabulary):
    """How grave a recall's own authority holds the matter, in three classes."""

    CLASS_I = auto(), "serious harm or death is likely"
    CLASS_II = auto(), "harm that passes or can be undone, or serious harm that is unlikely"
    CLASS_III = auto(), "harm is unlikely"
    NOT_STATED = auto(), "not classified, or not yet"
    UNMAPPED = auto()


class PriceKind(Vocabulary):
    """Which legal price an amount is."""

    REIMBURSEMENT = auto()
    CEILING = auto()
    MAXIMUM_RETAIL = auto()
    UNMAPPED = auto()


class AmountStatus(Vocabulary):
    """Whether an amount is known. Zero in a source often means that none was published."""

    STATED = auto()
    NOT_PUBLISHED = auto()
    UNMAPPED = auto()


class OrganizationKind(Vocabulary):
    """In which capacity the hub met an organisation first."""

    MARKETING_AUTHORISATION_HOLDER = auto()
    LABELER = auto()
    MANUFACTURER = auto()
    RECALLING_FIRM = auto(), "maker, packer or distributor: a recall does not say"
    AGENCY = auto()


class LegalEffect(Vocabulary):
    """What standing on an essential list brings with it."""

    SUPPLY_OBLIGATION = auto()
    PRICE_CONTROL = auto()
    PRICE_SUPPORT = auto()
    MONITORING = auto()
    NONE = auto()
    UNMAPPED = auto()


class SiteRoleKind(Vocabulary):
    """What a site does."""

    ACTIVE_SUBSTANCE = auto(), "makes the active substance"
    INTERMEDIATE = auto(), "a medicine that another finishes"
    FINISHED_PRODUCT = auto()
    BATCH_RELEASE = auto()
    PACKAGING = auto()
    TESTING = auto()
    MARKETING_AUTHORISATION_HOLDER = auto()
    DISTRIBUTION = auto()
    NOT_STATED = auto(), "an inspection or certificate that does not say what"
    UNMAPPED = auto()


class EvidenceKind(Vocabulary):
    """What a site's role rests on."""

    INSPECTION = auto()
    CERTIFICATE_OF_SUITABILITY = auto()
    PRODUCT_INFORMATION = auto()
    REGISTER = auto()
    LISTING = auto(), "a labeler's own listing"


class EvidenceStanding(Vocabulary):
    """Whether evidence still holds. What has expired or was withdrawn names no supplier."""

    VALID = auto()
    EXPIRED = auto()
    WITHDRAWN = auto()
    SUSPENDED = auto()
    FAILED = auto(), "an inspection that ended in official action"
    NOT_STATED = auto()
    UNMAPPED = auto()


class ClassificationSystem(Vocabulary):
    """A classification that members give codes of."""

    ATC = auto()
    UNMAPPED = auto()


class GenericStandingKind(Vocabulary):
    """Where a product stands among the originals and generics of its kind."""

    ORIGINAL_WITHOUT_GENERICS = auto()
    ORIGINAL_WITH_GENERICS = auto()
    GENERIC = auto()
    NOT_STATED = auto()
    UNMAPPED = auto()


class RegisterEntryKind(Vocabulary):
    """What an entry of a reference register names."""

    SUBSTANCE = auto()
    SUBSTANCE_CLASS = auto(), "a group of substances, as upper ATC levels are"
    COMBINATION = auto()
    BRAND = auto()
    SALT_WORD = auto(), "a counter-ion, hydrate or ester, not a substance"
    OTHER = auto(), "a condition, a regimen or another concept of the register"
    UNMAPPED = auto()
