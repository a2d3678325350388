"""Submissions: what agencies file themselves, as feeds like any other.

Start at `filing.py`: checked (`checking.py`, `rules.py`), kept (`kept.py`), published as a pull of
its own feed by `hub/sync/`. The templates are `federation/members/submitted.py`.
"""
