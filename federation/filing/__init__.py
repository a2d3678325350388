"""What agencies file themselves: templates, and how a filled one is read."""
