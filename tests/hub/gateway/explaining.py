"""How tests ask for an explanation."""

from typing import Any

from tests.hub.gateway.serving import WORLD, Hub

ASK = """
query ($key: ID!, $field: String!, $client: ID, $purpose: String) {
  explainAccess(key: $key, field: $field, client: $client, purpose: $purpose) {
    recordType origin field group client purpose mode outcome roundedTo summary
    openedBy { ...rule } closedBy { ...rule } wouldOpen { ...rule }
  }
}
fragment rule on AccessRule {
  policy agreement title owner legalBasis opens condition lacking
}
"""

CURRENT = {name: WORLD.current(name) for name in WORLD.rows}


async def explained(hub: Hub, key: str, field: str, **asking: Any) -> dict[str, Any]:
    """Ask why a field is seen or not; `more` are further variables."""
    variables = {"key": key, "field": field} | asking.pop("more", {})
    return (await hub.data(ASK, variables=variables, **asking))["explainAccess"]
