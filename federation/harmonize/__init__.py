"""The mapping language, and what the feeds share: dates, strengths, identifiers, names.

`mapping.py` is the language, `run.py` carries a feed's mappings out.
"""
