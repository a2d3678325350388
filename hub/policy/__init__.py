"""Who may see what: the owners' agreements, decided by Cedar, as SQL predicates.

An agreement (`agreement.py`) becomes Cedar text (`permits.py`), is admitted (`admission.py`) and,
for each class of callers, partially evaluated (`residual.py`) into a boolean over a row's columns
(`expression.py`), which is emitted as SQL (`sql.py`). Start reading in `engine.py`.
No database is spoken to here, and no web.
"""
