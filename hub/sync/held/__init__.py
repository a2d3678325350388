"""Held pulls: which are open, and what happened to them."""
