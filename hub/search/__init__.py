"""Finding records by a name in any script, or by any code.

`terms.py` says what words a record is found by; `index.py` keeps them in step with the records.
What of them a caller may see is the gateway's to decide.
"""
