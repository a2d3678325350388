"""The demonstration: stand-in members on loopback, sample data, and the command that runs both.

Nothing here is used by a hub in service. Start reading at `standins`, which plays the members.
"""
