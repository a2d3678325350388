"""How members serve their data, as protocols without I/O: each yields requests, is sent answers.

The hub's one outbound module carries the requests out; nothing here opens a connection.
`exchange.py` has the parts, one module a kind of source.
"""
