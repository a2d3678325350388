"""The root field `policyPreview`: what a draft would change in what each regulator sees.

`effects.py` counts it over the records, `replay.py` over the questions of the last days. Nothing is
put in force here: that is `hub/agreements/`.
"""
