"""The common terms. A native term that has no common one is `UNMAPPED`, and its text is kept.

The national crosswalks stand with each member's feeds; here are only the words they lead to.
"""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What a supply notice is about."""

    SHORTAGE = "SHORTAGE"
    LIMITED_SUPPLY = "LIMITED_SUPPLY"
    DISCONTINUATION = "DISCONTINUATION"
    SUSPENSION = "SUSPENSION"
    NORMAL_SUPPLY = "NORMAL_SUPPLY"
    UNMAPPED = "UNMAPPED"


class SupplyStatus(StrEnum):
    """Where a supply notice stands today, as its owner last said."""

    ONGOING = "ONGOING"
    RESOLVED = "RESOLVED"
    DISCONTINUED = "DISCONTINUED"  # taken off the market, or to be: no shortage
    NO_SHORTAGE = "NO_SHORTAGE"  # a status list that also names what is in normal supply
    DRAFT = "DRAFT"  # begun, not yet filed with the authority
    WITHDRAWN = "WITHDRAWN"  # taken back or deleted by who filed it
    NO_LONGER_LISTED = "NO_LONGER_LISTED"  # absent from a newer list; not the same as resolved
    UNMAPPED = "UNMAPPED"


class Availability(StrEnum):
    """How much can be had, a second axis beside the status."""

    AVAILABLE = "AVAILABLE"
    LIMITED = "LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    INFORMATION_PENDING = "INFORMATION_PENDING"
    UNMAPPED = "UNMAPPED"


class ShortageReason(StrEnum):
    """Why supply fell short."""

    DEMAND_INCREASE = "DEMAND_INCREASE"
    ACTIVE_SUBSTANCE = "ACTIVE_SUBSTANCE"
    OTHER_MATERIAL = "OTHER_MATERIAL"
    RAW_MATERIAL = "RAW_MATERIAL"  # the source does not say whether the active substance or another
    MANUFACTURING = "MANUFACTURING"
    QUALITY = "QUALITY"
    REGULATORY = "REGULATORY"
    LOGISTICS = "LOGISTICS"
    COMMERCIAL = "COMMERCIAL"
    DISCONTINUATION = "DISCONTINUATION"
    OTHER = "OTHER"
    UNMAPPED = "UNMAPPED"


class AuthorisationStatus(StrEnum):
    """Standing of a marketing authorisation."""

    AUTHORISED = "AUTHORISED"
    TENTATIVE = "TENTATIVE"
    APPLIED = "APPLIED"  # an application or opinion, no decision yet
    APPLICATION_WITHDRAWN = "APPLICATION_WITHDRAWN"  # taken back before a decision
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"
    WITHDRAWN = "WITHDRAWN"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_STATED = "NOT_STATED"  # the source is no register of authorisations
    UNMAPPED = "UNMAPPED"


class MarketingStatus(StrEnum):
    """Whether an authorised product is on the market."""

    MARKETED = "MARKETED"
    NOT_MARKETED = "NOT_MARKETED"
    DISCONTINUED = "DISCONTINUED"
    UNMAPPED = "UNMAPPED"


class SupplyClass(StrEnum):
    """Who may hand the medicine out."""

    PRESCRIPTION = "PRESCRIPTION"
    OVER_THE_COUNTER = "OVER_THE_COUNTER"
    GENERAL_SALE = "GENERAL_SALE"  # sold outside pharmacies too
    UNMAPPED = "UNMAPPED"


class ProductStage(StrEnum):
    """Whether what is registered is a medicine or a material for one."""

    FINISHED = "FINISHED"
    ACTIVE_SUBSTANCE = "ACTIVE_SUBSTANCE"
    INTERMEDIATE = "INTERMEDIATE"  # a medicine that another finishes
    HERBAL_MATERIAL = "HERBAL_MATERIAL"
    UNMAPPED = "UNMAPPED"


class Species(StrEnum):
    """Whom a medicine is for."""

    HUMAN = "HUMAN"
    VETERINARY = "VETERINARY"
    UNMAPPED = "UNMAPPED"


class IngredientRole(StrEnum):
    """What an ingredient does in the product."""

    ACTIVE = "ACTIVE"
    EXCIPIENT = "EXCIPIENT"
    UNMAPPED = "UNMAPPED"


class ResolutionMethod(StrEnum):
    """How an ingredient's text came to its substance."""

    EXACT = "EXACT"
    SYNONYM = "SYNONYM"
    SALT = "SALT"
    BRACKET = "BRACKET"
    SPELLING = "SPELLING"  # by rules of spelling between languages
    TRANSLITERATION = "TRANSLITERATION"  # by rules of sound, from Korean or Japanese
    FUZZY = "FUZZY"  # nearly the same, with evidence
    CHEMICAL = "CHEMICAL"  # put together from its ions
    BRAND = "BRAND"  # a brand of one substance
    UNII = "UNII"
    CURATED = "CURATED"  # decided by an agency's curator
    NONE = "NONE"


class AlertKind(StrEnum):
    """What a quality alert reports."""

    RECALL = "RECALL"
    NOT_OF_STANDARD_QUALITY = "NOT_OF_STANDARD_QUALITY"
    SPURIOUS = "SPURIOUS"
    UNMAPPED = "UNMAPPED"


class PriceKind(StrEnum):
    """Which legal price an amount is."""

    REIMBURSEMENT = "REIMBURSEMENT"
    CEILING = "CEILING"
    MAXIMUM_RETAIL = "MAXIMUM_RETAIL"
    UNMAPPED = "UNMAPPED"


class AmountStatus(StrEnum):
    """Whether an amount is known. Zero in a source often means that none was published."""

    STATED = "STATED"
    NOT_PUBLISHED = "NOT_PUBLISHED"
    UNMAPPED = "UNMAPPED"


class OrganizationKind(StrEnum):
    """In which capacity the hub met an organisation first."""

    MARKETING_AUTHORISATION_HOLDER = "MARKETING_AUTHORISATION_HOLDER"
    LABELER = "LABELER"
    MANUFACTURER = "MANUFACTURER"
    RECALLING_FIRM = "RECALLING_FIRM"  # maker, packer or distributor: a recall does not say
    AGENCY = "AGENCY"


class LegalEffect(StrEnum):
    """What standing on an essential list brings with it."""

    SUPPLY_OBLIGATION = "SUPPLY_OBLIGATION"
    PRICE_CONTROL = "PRICE_CONTROL"
    PRICE_SUPPORT = "PRICE_SUPPORT"
    MONITORING = "MONITORING"
    NONE = "NONE"
    UNMAPPED = "UNMAPPED"


class SiteRoleKind(StrEnum):
    """What a site does."""

    ACTIVE_SUBSTANCE = "ACTIVE_SUBSTANCE"  # makes the active substance
    INTERMEDIATE = "INTERMEDIATE"  # a medicine that another finishes
    FINISHED_PRODUCT = "FINISHED_PRODUCT"
    BATCH_RELEASE = "BATCH_RELEASE"
    PACKAGING = "PACKAGING"
    TESTING = "TESTING"
    MARKETING_AUTHORISATION_HOLDER = "MARKETING_AUTHORISATION_HOLDER"
    DISTRIBUTION = "DISTRIBUTION"
    NOT_STATED = "NOT_STATED"  # an inspection or certificate that does not say what
    UNMAPPED = "UNMAPPED"


class EvidenceKind(StrEnum):
    """What a site's role rests on."""

    INSPECTION = "INSPECTION"
    CERTIFICATE_OF_SUITABILITY = "CERTIFICATE_OF_SUITABILITY"
    PRODUCT_INFORMATION = "PRODUCT_INFORMATION"
    REGISTER = "REGISTER"
    LISTING = "LISTING"  # a labeler's own listing


class EvidenceStanding(StrEnum):
    """Whether evidence still holds. What has expired or was withdrawn names no supplier."""

    VALID = "VALID"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    SUSPENDED = "SUSPENDED"
    FAILED = "FAILED"  # an inspection that ended in official action
    NOT_STATED = "NOT_STATED"
    UNMAPPED = "UNMAPPED"


class ClassificationSystem(StrEnum):
    """A classification that members give codes of."""

    ATC = "ATC"
    UNMAPPED = "UNMAPPED"


class GenericStandingKind(StrEnum):
    """Where a product stands among the originals and generics of its kind."""

    ORIGINAL_WITHOUT_GENERICS = "ORIGINAL_WITHOUT_GENERICS"
    ORIGINAL_WITH_GENERICS = "ORIGINAL_WITH_GENERICS"
    GENERIC = "GENERIC"
    NOT_STATED = "NOT_STATED"
    UNMAPPED = "UNMAPPED"


class RegisterEntryKind(StrEnum):
    """What an entry of a reference register names."""

    SUBSTANCE = "SUBSTANCE"
    SUBSTANCE_CLASS = "SUBSTANCE_CLASS"  # a group of substances, as upper ATC levels are
    COMBINATION = "COMBINATION"
    BRAND = "BRAND"
    SALT_WORD = "SALT_WORD"  # a counter-ion, hydrate or ester, not a substance
    OTHER = "OTHER"  # a condition, a regimen or another concept of the register
    UNMAPPED = "UNMAPPED"
