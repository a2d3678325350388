"""Every feed the hub knows, by id."""

from collections.abc import Mapping
from types import MappingProxyType

from federation.feed import Feed
from federation.members.alliance import substance_register
from federation.members.europe import ema_medicines, fr_compositions, fr_products, fr_shortages
from federation.members.india import cdsco_nsq, janaushadhi
from federation.members.japan import mhlw_prices, mhlw_supply
from federation.members.korea import mfds_permits, mfds_shortages
from federation.members.usa import drugsatfda, openfda_shortages

_FEEDS: tuple[Feed, ...] = (
    substance_register.FEED,
    mfds_permits.FEED,
    mfds_shortages.FEED,
    drugsatfda.FEED,
    openfda_shortages.FEED,
    mhlw_supply.FEED,
    mhlw_prices.FEED,
    janaushadhi.FEED,
    cdsco_nsq.FEED,
    ema_medicines.FEED,
    fr_products.FEED,
    fr_compositions.FEED,
    fr_shortages.FEED,
)

FEEDS: Mapping[str, Feed] = MappingProxyType({feed.id: feed for feed in _FEEDS})
"""In the order they are pulled: the owners of products before those that mention them."""
