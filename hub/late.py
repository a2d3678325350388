"""What takes long to load and most processes never need: it is loaded when it is first asked for.

Whoever needs it each time imports it; whoever can have its own half apart splits the module.
"""

from importlib import import_module
from typing import Any


def load_late(place: str) -> Any:
    """Give what a place names, as `hub.store.migrating:upgrade`; its module is loaded once."""
    module, _, member = place.partition(":")
    return getattr(import_module(module), member)
