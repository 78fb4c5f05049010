"""Verify, back up, roll back, vacuum and re-embed an index."""
