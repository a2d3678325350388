"""Statistics: groups and figures of records, counted by one statement, small ones withheld."""
