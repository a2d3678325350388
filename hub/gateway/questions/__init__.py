"""What is asked: a request's text, variables and form, read and measured before any plan."""
