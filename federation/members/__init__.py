"""The members' feeds, one folder a member; `registry.py` lists them all."""
