"""From a question to the passages that may answer it: two searches, fused, joined, put in order."""
