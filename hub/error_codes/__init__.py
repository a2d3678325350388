"""What each error code means, to the person who gets it: `docs/errors.md` is made of this.

A code is given where an error is raised; what it means and what to do stand here, once. `asking.py`
has what whoever asks may get, `deciding.py` what those get who file and decide, `pulling.py` what
becomes of pulls, `own_issuer.py` OAuth's codes. Those of limits mean what `hub/gateway/limits.py`
says, those of refused rows what `federation/harmonize/reasons.py` says. The page is `page.py`.
"""
