"""Native rows that could not become records, as cases that open and close."""
