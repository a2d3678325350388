"""What mutations work with, handed in by the composition root: one desk for each domain."""
