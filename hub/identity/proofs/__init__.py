"""Proofs of possession: DPoP, its nonces, and what was spent already."""
