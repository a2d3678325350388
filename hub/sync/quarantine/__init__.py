"""Native rows that could not become records, as cases that open and close.

`cases.py` reads them, `upkeep.py` opens and closes them as pulls end. What makes a row unusable is
the feed's mapping.
"""
