"""Measurements as ratios against peers and floors of the same run. Start at `__main__.py`."""
