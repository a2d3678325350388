"""The policy set in force, as it was admitted and kept.

A kept set is used only as it was written: whatever differs from its digest, or can't be read, makes
it damaged, and a damaged set opens nothing. Start reading at `load`.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL

from hub.agreements.clock import NOW
from hub.agreements.history import IN_FORCE
from hub.agreements.types import VersionKey
from hub.errors import Unavailable
from hub.policy.admission import documents
from hub.policy.agreement import Agreement
from hub.policy.policy_set import Policy, PolicySet
from hub.policy.schema import ALLIANCE

_Contents = Sequence[tuple[VersionKey, str]]
"""Versions and what they say, as they are kept."""


@dataclass(frozen=True, slots=True)
class AdmittedSet:
    """An admitted set, the baseline it stands on, and the versions it is made of.

    A fresh one was admitted from the Cedar text that the hub would write today.
    """

    baseline: str
    members: frozenset[VersionKey]
    policy_set: PolicySet
    is_fresh: bool = True

    def cut_to(self, members: frozenset[VersionKey]) -> "AdmittedSet | None":
        """Take out all agreements but these; None where one of them is not in the set.

        What is left needs no admission: taking a policy out adds nothing that can err.
        """
        if not members <= self.members:
            return None
        ids = {key.agreement for key in members}
        policy_set = PolicySet(
            agreements=tuple(each for each in self.policy_set.agreements if each.id in ids),
            policies=tuple(
                each
                for each in self.policy_set.policies
                if each.agreement is None or each.agreement in ids
            ),
        )
        return AdmittedSet(self.baseline, members, policy_set, self.is_fresh)


async def id_in_force(connection: AsyncConnection) -> int | None:
    """Find which kept set is in force; None where there is none yet."""
    cursor = await connection.execute(
        SQL("SELECT id FROM policy_set WHERE {} <@ {}").format(NOW, IN_FORCE)
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def read_in_force(connection: AsyncConnection) -> AdmittedSet:
    """Read the set in force.

    Raises:
        Unavailable: there is none yet, or it is damaged; nothing may be shown then.
    """
    set_id = await id_in_force(connection)
    if set_id is None:
        raise _none_yet()
    return await load(connection, set_id)


async def read_coming(connection: AsyncConnection) -> list[AdmittedSet]:
    """Read the set in force and those that will follow it, in their order.

    Raises:
        Unavailable: there is none yet, or one is damaged.
    """
    cursor = await connection.execute(
        SQL(
            "SELECT id FROM policy_set WHERE coalesce(in_force_until, 'infinity') > {} "
            "ORDER BY in_force_from"
        ).format(NOW)
    )
    found = [await load(connection, set_id) for (set_id,) in await cursor.fetchall()]
    if not found:
        raise _none_yet()
    return found


async def load(connection: AsyncConnection, set_id: int) -> AdmittedSet:
    """Read a kept set.

    Raises:
        Unavailable: it is damaged, code `DAMAGED_POLICIES`.
    """
    cursor = await connection.execute(
        SQL(
            "SELECT digest, baseline, policies, source_digest FROM policy_set WHERE id = {}"
        ).format(set_id)
    )
    row = await cursor.fetchone()
    if row is None:
        raise _damaged(set_id, "it is gone")
    cursor = await connection.execute(
        SQL(
            "SELECT m.agreement, m.version, v.content FROM policy_set_member m "
            "JOIN agreement_version v ON (v.agreement, v.number) = (m.agreement, m.version) "
            'WHERE m.policy_set = {} ORDER BY m.agreement COLLATE "C"'
        ).format(set_id)
    )
    contents = [(VersionKey(*key), content) for *key, content in await cursor.fetchall()]
    try:
        return await asyncio.to_thread(_read, contents, *row)
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(set_id, str(error)) from error


def _read(
    contents: _Contents, digest: str, baseline: str, policies: str, source: str
) -> AdmittedSet:
    if digest != digest_of(baseline, policies, contents):
        raise ValueError("its digest is another")
    agreements = tuple(Agreement.model_validate_json(content) for _, content in contents)
    return AdmittedSet(
        baseline,
        frozenset(key for key, _ in contents),
        PolicySet(agreements, tuple(_policies(policies))),
        is_fresh=source == source_digest(baseline, agreements),
    )


def policies_text(policy_set: PolicySet) -> str:
    """Write a set's policies as they are kept: JSON of id, agreement and Cedar's JSON form."""
    return json.dumps([[each.id, each.agreement, each.est] for each in policy_set.policies])


def _policies(text: str) -> Iterable[Policy]:
    for policy_id, agreement, est in json.loads(text):
        yield Policy.of(policy_id, agreement, json.loads(est))


def digest_of(baseline: str, policies: str, contents: _Contents) -> str:
    """Fingerprint a set as it is kept: its texts, agreements in order of id."""
    return _sha256([baseline, policies, contents])


def source_digest(baseline: str, agreements: Sequence[Agreement]) -> str:
    """Fingerprint the Cedar text and the schema that an admission works on."""
    return _sha256([ALLIANCE.text, *map(asdict, documents(baseline, agreements))])


def _sha256(parts: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _none_yet() -> Unavailable:
    return Unavailable(
        "no policies are in force: start the hub, which admits them", code="NO_POLICIES"
    )


def _damaged(set_id: int, detail: str) -> Unavailable:
    return Unavailable(
        "the policies in force are damaged, so nothing is shown: "
        "restart the hub to admit them anew",
        code="DAMAGED_POLICIES",
        detail=f"policy set {set_id}: {detail}",
    )
