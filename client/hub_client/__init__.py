"""Keeps an agency's own copy of the records that it may see at an alliance data-exchange hub.

`hub-client sync` is the command (`cli.py`); `sync.py` says what one run does. The protocol is
`docs/sync-protocol.md` of the hub. Nothing here is of the hub's own code.
"""

from hub_client.errors import SyncError
from hub_client.sync import Summary, synchronise

__all__ = ["Summary", "SyncError", "synchronise"]
