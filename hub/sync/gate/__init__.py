"""The gate between mapping and publishing: a pull too unlike the last good one is held.

`profile.py` says what a pull is like, `rules.py` and `form.py` what is too unlike; the bounds are
the feed's (`federation/gate.py`). Who may let a held pull through is `releasing.py`.
"""
