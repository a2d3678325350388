"""The codes of the hub's own issuer, in `error` of what its endpoints answer.

Source: RFC 6749 section 5.2, RFC 8707 section 2, RFC 9449 sections 5 and 8.
"""

from hub.error_codes.entry import Code, Codes

_CLIENTS = "clients"

OWN_ISSUER: Codes = {
    "invalid_request": Code(
        (400, 413),
        _CLIENTS,
        "the form lacks a field, has one twice, or holds a value that is not taken",
        "mend what `error_description` names",
    ),
    "invalid_client": Code(
        (401,),
        _CLIENTS,
        "the client is not known; which check failed is not told",
        "send a new assertion, signed with a registered key",
    ),
    "invalid_grant": Code(
        (400,),
        _CLIENTS,
        "the token was given to another client",
        "revoke it with the client that has it",
    ),
    "invalid_scope": Code(
        (400,),
        _CLIENTS,
        "`scope` was sent, and the hub has none",
        "state a `purpose`",
    ),
    "invalid_target": Code(
        (400,),
        _CLIENTS,
        "`resource` or `audience` is another service",
        "name the hub's own address, or leave it out",
    ),
    "invalid_dpop_proof": Code(
        (400,),
        _CLIENTS,
        "the proof in the header `DPoP` is missing, or does not hold",
        "make a new one for this address, with the registered kind of key",
    ),
    "use_dpop_nonce": Code(
        (400, 401),
        _CLIENTS,
        "the proof has no fresh nonce of the hub's",
        "make a new one with the nonce of the header `DPoP-Nonce`",
    ),
    "unauthorized_client": Code(
        (400, 403),
        _CLIENTS,
        "the client is known, and may not do this",
        "have it registered for that",
    ),
    "unsupported_grant_type": Code(
        (400,),
        _CLIENTS,
        "`grant_type` is none of the hub's",
        "send one that `error_description` lists",
    ),
    "temporarily_unavailable": Code(
        (503,),
        _CLIENTS,
        "the issuer can't answer now",
        "ask again shortly",
    ),
}
"""OAuth's codes, as the hub uses them."""
