"""Lists of records as files: what is asked, the pages on the way, the text of each."""
