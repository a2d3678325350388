"""What the headers of a refusal tell its caller: how to prove who it is, when to come back."""

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
        address = urlsplit(resource)
        place = f"{address.scheme}://{address.netloc}/.well-known/oauth-protected-resource"
        self._bearer = f'Bearer resource_metadata="{place}{address.path.rstrip("/")}"'
        algorithms = " ".join(sorted(proof_algorithms))
        proof = f'{self._bearer.replace("Bearer", "DPoP", 1)}, algs="{algorithms}"'
        self._proof = proof if algorithms else None

    def headers(self, error: HubError) -> dict[str, str]:
        """Give the headers of a refusal."""
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
        schemes = [scheme for scheme in (self._bearer, self._proof) if scheme]
        return {"WWW-Authenticate": ", ".join(f"{scheme}{fault}" for scheme in schemes)}
