"""Which edition of the vocabularies and crosswalks this is."""

EDITION = 2
"""Raised whenever a crosswalk changes; a record says by which edition it was mapped."""
