"""What the members agree on: records, vocabularies, reading, harmonizing. Never imports `hub`."""
