"""Who calls: trusted issuers, access tokens, registered clients, the embedded issuer.

A request's `Authorization` header becomes an `UnverifiedToken`, then `VerifiedClaims`, then a
`Caller`; nothing else in the house makes a `Caller` from the wire. What a caller may see is not
decided here but in `hub.policy`. Start reading in `tokens/verifying.py`; only
`own_issuer/routes.py` knows the web.
"""
