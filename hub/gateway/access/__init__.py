"""The root field `explainAccess`: which agreement opens a field of a record, or would.

`explaining.py` finds it out on the live rows, `types.py` says it. Why a policy set opens what it
opens, without rows, is `hub/policy/explanation.py`.
"""
