"""Imports `crashing_pull.py` in the process that the others are forked from.

Polars' threads don't live on in a fork, so it must not have run by then; the names of countries,
which it reads while modules are imported, are left out. No feed of these tests needs them.
"""

import importlib
from unittest.mock import patch

with patch("federation.members.europe.country_names.codes_by_name", return_value={}):
    importlib.import_module("tests.e2e.crashing_pull")
