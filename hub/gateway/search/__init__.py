"""The root field `search`: records found by name or code, ranked by one statement.

`plan.py` writes it and `finds.py` its parts. The terms that it asks are kept by `hub/search/`.
"""
