"""What changes in a caller's view of the records: the feed, its cursors, and its subscription."""
