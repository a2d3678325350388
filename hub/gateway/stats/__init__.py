"""Statistics: groups and figures of records, counted by one statement, small ones withheld.

`plan.py` writes the statement, `answers.py` withholds and books what it gives. How small a figure
may be is `hub/disclosure/suppression.py`.
"""
