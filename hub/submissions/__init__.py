"""Submissions: what agencies file themselves, as feeds like any other."""
