"""The gateway's fixtures, which the security tests import from `serving.py` too."""

from tests.hub.gateway.serving import hub, hubs, policy_folders, state, world_url

__all__ = ["hub", "hubs", "policy_folders", "state", "world_url"]
