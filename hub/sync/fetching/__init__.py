"""From a source's requests to its bytes: pace, resumption, secrets, and how far a feed came.

Which requests a source wants is `federation/sources/`; what carries them is `hub/outbound.py`. Here
they are paced, and their secrets kept out of logs.
"""
