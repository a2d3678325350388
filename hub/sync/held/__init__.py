"""Held pulls: which are open, and what happened to them.

What people decide of them is `releasing.py`; what holds them is `gate/`.
"""
