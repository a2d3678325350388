"""Trusted issuers in GraphQL.

The steps are `hub/identity/trust/`; who may take them stands there too.
"""
