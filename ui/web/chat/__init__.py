"""Conversations on the page: asking, streaming, comparing and keeping answers."""
