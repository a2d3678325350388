"""When feeds are pulled: schedules, runs, and the workers that carry them out.

`plan.py` says when, `runs.py` makes runs, `worker.py` carries them out; `changes.py` is what people
do to schedules. The pull itself is `hub/sync/pull.py`.
"""
