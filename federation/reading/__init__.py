"""Bytes to native rows: text, numbered, nothing interpreted. One module a format."""
