"""Which organisation and site records are one, by rules and by people's words.

`linking.py` puts `federation/organizations/`' rules to work on the stored records; `decisions.py`
keeps what people say, which holds against every rule.
"""
