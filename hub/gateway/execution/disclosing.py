"""What is kept of an answer, put together from the context of its operation."""

import hashlib

from hub.disclosure.entry import Disclosure
from hub.gateway.execution.executor import Request
from hub.identity.types import Caller
from hub.telemetry import request_id


def entry_of(caller: Caller, question: str, request: Request) -> Disclosure:
    """Say what was shown to a caller who asked a document, by its operation that has run."""
    return Disclosure.to(
        caller,
        question_digest=hashlib.sha256(question.encode()).hexdigest(),
        policy_digest=request.decisions.digest,
        opened_by=request.opened_by,
        masked=[f"{mask.path}:{mask.group}" for mask in request.masked],
        shown=request.shown,
        request_id=request_id(),
    )
