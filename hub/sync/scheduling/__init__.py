"""When feeds are pulled: schedules, runs, and the workers that carry them out."""
