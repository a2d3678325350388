"""The shared schema: one file per record type, each declared once. `registry.py` lists them."""
