"""Pulls: from a member's source to published records, or to a reason why not."""
