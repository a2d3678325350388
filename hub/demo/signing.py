"""The demo's agreements: brought in from the policy folder, ratified by their owners, approved.

Everyone does here what it would do through GraphQL; the secretariat needs two people for it.
"""

from pathlib import Path

from psycopg import AsyncConnection

from hub.agreements import proceedings
from hub.agreements.applying import stand_on
from hub.agreements.bringing import bring, compare
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Caller, Client, Purpose, Role
from hub.policy.findings import PolicyFault
from hub.policy.folder import read_folder

_SECRETARIAT = next(client for client in DEMO_CLIENTS if Role.SECRETARIAT in client.roles)
_AGENCIES = {client.member: client for client in DEMO_CLIENTS if Role.AGENCY in client.roles}
_REASON = "the demo's agreements"


async def sign_all(connection: AsyncConnection, folder: Path) -> None:
    """Put a policy folder's agreements in force; those in force already stay as they are.

    Raises:
        PolicyFault: the folder, or an agreement in it, is refused.
    """
    found = read_folder(folder)
    if found.findings:
        raise PolicyFault(found.findings)
    await stand_on(connection, found.baseline)
    drafter, approver = (_speaker(_SECRETARIAT, desk) for desk in ("drafting", "approval"))
    compared = await compare(connection, drafter, found.agreements)
    proposed = await bring(connection, drafter, folder, compared, _REASON)
    for version in proposed:
        owner = _speaker(_AGENCIES[version.owner], "policy")
        await proceedings.ratify(connection, owner, version.key, _REASON)
    if proposed:
        keys = [version.key for version in proposed]
        await proceedings.approve(connection, approver, keys, _REASON)


def _speaker(client: Client, desk: str) -> Caller:
    return Caller(
        issuer="the demo",
        subject=f"{desk} desk",
        client=client.client_id,
        member=client.member,
        organisation=client.organisation,
        roles=client.roles,
        purpose=Purpose.EXERCISE,
        sender_constrained=False,
        token_id="",
    )
