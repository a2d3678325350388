"""Pulls: from a member's source to published records, or to a reason why not.

Start at `pull.py`, which drives one pull from fetching to publishing; `pipeline.py` runs many,
`scheduling/` when they are due. How a source is asked and mapped is `federation/`; how records are
merged is `hub/store/merge.py`.
"""
