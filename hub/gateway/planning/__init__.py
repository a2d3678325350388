"""From a selection to one SQL statement with the caller's predicates inside. Start in `plan.py`."""
