"""Which organisation and site records are one, by rules and by people's words."""
