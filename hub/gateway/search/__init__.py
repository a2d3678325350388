"""The root field `search`: records found by name or code, ranked by one statement."""
