"""What the headers of a refusal tell its caller: how to prove who it is, when to come back.

The body of a refusal is the edge's matter. One list of challenges stands for every cause, so that
they give away no more than the one public message does.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from hub.errors import HubError, RateLimited
from hub.identity.errors import NonceNeeded, NothingPresented

NONCE_HEADER = "DPoP-Nonce"


class Challenges:
    """The challenges of one protected resource."""

    def __init__(self, resource: str, proof_algorithms: Iterable[str] = ()) -> None:
        """Describe a resource by its address; without algorithms it takes no proofs.

        Source: RFC 9728 sections 3.1 and 5.1, RFC 9449 section 7.1.
        """
        address, algorithms = urlsplit(resource), " ".join(sorted(proof_algorithms))
        place = f"{address.scheme}://{address.netloc}/.well-known/oauth-protected-resource"
        metadata = f'resource_metadata="{place}{address.path.rstrip("/")}"'
        bearer, self._proof = f"Bearer {metadata}", f'DPoP {metadata}, algs="{algorithms}"'
        self._schemes = [bearer, self._proof] if algorithms else [bearer]

    def headers(self, error: HubError) -> dict[str, str]:
        """Give the headers of a refusal.

        Source: RFC 6750 section 3, RFC 9110 section 10.2.3, RFC 9449 section 9.
        """
        if isinstance(error, RateLimited):
            return {"Retry-After": str(error.retry_after_s)}
        if isinstance(error, NonceNeeded):
            return {
                "WWW-Authenticate": f'{self._proof}, error="use_dpop_nonce"',
                NONCE_HEADER: error.nonce,
            }
        if error.status != 401:
            return {}
        # RFC 6750 section 3.1: no error code where nothing was presented.
        fault = "" if isinstance(error, NothingPresented) else ', error="invalid_token"'
        return {"WWW-Authenticate": ", ".join(scheme + fault for scheme in self._schemes)}
