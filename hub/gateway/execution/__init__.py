"""An operation from its document to its answer: all its plans first, then their statements."""
