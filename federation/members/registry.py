"""Every feed the hub knows, by id.

`federation/feed.py` says what a feed is; each is declared in its member's folder. Those that
agencies file themselves are in `submitted.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from federation.feed import Feed
from federation.members.alliance import (
    drugbank_vocabulary,
    epha_de,
    eu_register,
    hemonc,
    mfds_ko_en,
    openfda_unii,
    pmda_ja_en,
    salt_words,
    substance_register,
    who_atc,
    who_atc_combinations,
)
from federation.members.europe import (
    de_shortages,
    de_site_roles,
    edqm_ceps,
    ema_medicines,
    epar_manufacturers,
    fr_compositions,
    fr_mitm,
    fr_packages,
    fr_products,
    fr_shortages,
    union_list,
)
from federation.members.india import cdsco_nsq, janaushadhi, nppa_ceilings
from federation.members.japan import medis_hot, mhlw_generics, mhlw_prices, mhlw_supply
from federation.members.korea import (
    hira_atc,
    hira_ingredients,
    hira_prices,
    mfds_gmp_sites,
    mfds_permits,
    mfds_products,
    mfds_recalls,
    mfds_shortages,
)
from federation.members.usa import (
    drugsatfda,
    fda_enforcement,
    fda_inspections,
    ndc_unfinished,
    openfda_shortages,
)

_FEEDS: tuple[Feed, ...] = (
    who_atc.FEED,
    who_atc_combinations.FEED,
    drugbank_vocabulary.FEED,
    hemonc.FEED,
    eu_register.FEED,
    epha_de.FEED,
    openfda_unii.FEED,
    pmda_ja_en.FEED,
    mfds_ko_en.FEED,
    salt_words.FEED,
    substance_register.FEED,
    mfds_permits.FEED,
    mfds_products.FEED,
    hira_ingredients.FEED,
    hira_prices.FEED,
    hira_atc.FEED,
    mfds_shortages.FEED,
    mfds_recalls.FEED,
    mfds_gmp_sites.FEED,
    drugsatfda.FEED,
    openfda_shortages.FEED,
    ndc_unfinished.FEED,
    fda_enforcement.FEED,
    fda_inspections.FEED,
    mhlw_supply.FEED,
    mhlw_prices.FEED,
    mhlw_generics.FEED,
    medis_hot.FEED,
    janaushadhi.FEED,
    nppa_ceilings.FEED,
    cdsco_nsq.FEED,
    ema_medicines.FEED,
    fr_products.FEED,
    fr_packages.FEED,
    fr_compositions.FEED,
    fr_mitm.FEED,
    fr_shortages.FEED,
    de_shortages.FEED,
    de_site_roles.FEED,
    edqm_ceps.FEED,
    epar_manufacturers.FEED,
    union_list.FEED,
)

FEEDS: Mapping[str, Feed] = MappingProxyType({feed.id: feed for feed in _FEEDS})
"""In the order they are pulled: the reference registers, the register made of them, then the
members' lists, the owners of products before those that mention them."""
