"""Submissions in GraphQL and over HTTP.

`fields.py` and `inputs.py` make GraphQL of the templates, `routes.py` takes files. What is checked
and published is `hub/submissions/`.
"""
