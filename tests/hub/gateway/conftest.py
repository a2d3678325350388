"""The gateway's fixtures stand in `serving.py`, where the security tests find them too."""
import sys
sys.path.insert(0, "/tmp/gw")
import stub

from tests.hub.gateway.serving import hub, hubs, policy_folders, world_url

__all__ = ["hub", "hubs", "policy_folders", "world_url"]
