"""Cedar's full decision on one row whose attributes are all known.

The second opinion: examples in agreements and the differential tests are decided here, without
partial evaluation, expressions or SQL.
"""

import json
from collections.abc import Mapping, Sequence

from cedarpy import Decision, Entities, is_authorized_batch

from hub.policy.conditions import Undecided
from hub.policy.policy_set import PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.schema import Action, PolicySchema


def row_decisions(
    policies: PolicySlice,
    schema: PolicySchema,
    principal: PrincipalClass,
    action: Action,
    rows: Sequence[Mapping[str, object]],
) -> list[bool]:
    """Decide an action on rows, each with all attributes of the action's record type.

    Attributes are Cedar JSON: texts, numbers, booleans, lists, extension calls.

    Raises:
        Undecided: an evaluation erred, which might hide that something is forbidden.
    """
    uids = [{"type": action.record_type, "id": str(number)} for number in range(len(rows))]
    entities = [
        principal.entity,
        *({"uid": uid, "attrs": row, "parents": []} for uid, row in zip(uids, rows, strict=True)),
    ]
    answers = is_authorized_batch(
        [
            {
                "principal": principal.uid,
                "action": action.uid,
                "resource": uid,
                "context": principal.context,
            }
            for uid in uids
        ],
        policies.handle,
        Entities.from_json_str(json.dumps(entities), schema.handle),
        schema.handle,
    )
    for answer in answers:
        if answer.diagnostics.errors or answer.decision is Decision.NoDecision:
            raise Undecided("; ".join(answer.diagnostics.errors) or "no decision")
    return [answer.allowed for answer in answers]
