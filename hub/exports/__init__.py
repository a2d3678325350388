"""Bulk files: an operation and a format become a job, and the job a file that is fetched.

`question` and `walk` of an export, which read records for a caller, are the gateway's. Here are the
job's life (`jobs.py`, `work.py`), the formats, the files in the landing store, and the HTTP edge
(`routes.py`).
"""
