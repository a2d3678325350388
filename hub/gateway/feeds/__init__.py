"""Feeds in GraphQL: how they stand, and what their agencies may do with them.

`members.py` tells of freshness and quality; `held.py`, `quarantine.py`, `schedules.py` and
`webhooks.py` have their root fields. The rules are `hub/sync/` and `hub/webhooks/`.
"""
