"""What mutations work with, handed in by the composition root: one desk for each domain."""

from dataclasses import dataclass

from hub.gateway.desks.agreements import AgreementDesk
from hub.gateway.desks.held import HeldDesk
from hub.gateway.desks.review import ReviewDesk
from hub.gateway.desks.submissions import SubmissionDesk
from hub.gateway.desks.webhooks import WebhookDesk
from hub.store.database import Pool


@dataclass(frozen=True, slots=True)
class Desks:
    """The desks of a gateway; `writing` commits the steps of domains that need no more than that.

    A step may take seconds, as an approval does: no answer may wait for its log behind it.
    """

    writing: Pool
    agreements: AgreementDesk
    held: HeldDesk
    review: ReviewDesk
    submissions: SubmissionDesk
    webhooks: WebhookDesk
