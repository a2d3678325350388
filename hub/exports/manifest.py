"""What goes with a file: what it holds, of whom and of when, and by whose leave.

A manifest tells nothing of what was hidden but that something may have been, as an answer does.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from hub.exports.files import Kept
from hub.exports.formats import Format
from hub.exports.types import Export, instant_text
from hub.gateway.export.columns import Column
from hub.gateway.export.walk import ExportWalk
from hub.gateway.planning.statement import Mask
from hub.identity.keys.jose import sign
from hub.identity.own_issuer.keys import ALGORITHM, SigningKeys

Manifest = dict[str, Any]

Sign = Callable[[Manifest], str]
"""Writes a manifest as a compact JWS of the hub's own key."""

JWS_TYPE = "export-manifest+jws"
"""The `typ` of a signed manifest: it can't be taken for a token."""


def signer(keys: SigningKeys) -> Sign:
    """Sign by whatever key signs at the time."""

    def signed(manifest: Manifest) -> str:
        key = keys.current
        return sign({"typ": JWS_TYPE, "alg": ALGORITHM, "kid": key.kid}, manifest, key)

    return signed


def manifest_of(job: Export, form: Format, walk: ExportWalk, kept: Kept) -> Manifest:
    """Describe a file that is whole."""
    if walk.decisions is None:
        raise AssertionError("a file was made without a decision")
    asked, question = job.asked, walk.question
    return {
        "id": job.id,
        "list": question.title,
        "format": form.name,
        "mediaType": form.media_type,
        "asOf": instant_text(question.instant(job.asked_at)),
        "questionDigest": question_digest(asked.document),
        "variables": json.loads(asked.variables),
        "operationName": asked.operation,
        "columns": [_column(column) for column in question.columns],
        "rows": walk.rows,
        "bytes": kept.size,
        "sha256": kept.sha256,
        "sources": [
            {"feed": feed, "retrievedAt": date}
            for feed, date in sorted(walk.sources.newest.items())
        ],
        "policyDigest": walk.decisions.digest,
        "openedBy": sorted(walk.opened_by),
        "masked": [_masked(mask) for mask in masks_of(walk)],
        "purpose": job.caller.purpose,
        "member": job.caller.member,
    }


def masks_of(walk: ExportWalk) -> list[Mask]:
    """List what was masked, in one order."""
    return sorted(walk.masked, key=lambda mask: (mask.path, mask.group, mask.rounded_to))


def question_digest(document: str) -> str:
    """Give the SHA-256 of a document."""
    return hashlib.sha256(document.encode()).hexdigest()


def _column(column: Column) -> Manifest:
    return {
        "name": column.name,
        "type": column.kind,
        "field": column.field,
        "groups": list(column.groups),
    }


def _masked(mask: Mask) -> Manifest:
    return {
        "path": mask.path,
        "fields": list(mask.fields),
        "recordType": mask.record_type,
        "group": mask.group,
        "roundedTo": list(mask.rounded_to),
    }
