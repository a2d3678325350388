"""Stand-in members: HTTP servers that serve native files the way the members' real endpoints do.

One process on loopback plays every member; each feed stands under `/<feed id>` followed by the real
endpoint's own path, so that a feed changes nothing but its base URL. `server` says who serves what,
one module per endpoint with a behaviour of its own says how, `process` starts and ends the process.
What a member's documents leave unsaid is kept simple here and marked so, never made up in detail.
"""
