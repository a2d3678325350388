"""Webhooks: members are told what becomes of their feeds, wherever they want it told.

`registry.py` keeps the addresses, `events.py` finds out what there is to tell, `deliveries.py`
keeps telling it until it is heard, `signing.py` signs. The worker starts at `worker.tick`.
"""
