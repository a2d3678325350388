"""The review queue: texts the resolver leaves open, and what curators decide of them.

Who may is `access.py`, what waits is `queue.py`, what is decided `decisions.py`; `applying.py` lays
decisions over the records of a pull. How a text is resolved without them is
`federation/substances/`.
"""
