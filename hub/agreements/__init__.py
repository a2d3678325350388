"""Agreements from draft to revocation, and the alliance's modes, as PostgreSQL keeps them.

What an agreement says and how it decides is `hub/policy`'s; here is who drafted, ratified, approved
and ended it, and which set of them is in force. No web framework.
"""
