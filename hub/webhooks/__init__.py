"""Webhooks: members are told what becomes of their feeds."""
