"""Bundled sample data: small native files that look like each member's own.

`native/` is what the demonstration serves. `tables/` holds the facts it is composed of, one module
per member composes them, `generate` writes them out. Nothing in `native/` is edited by hand.
Start reading at `generate`, then at one member, say `korea`.
"""
