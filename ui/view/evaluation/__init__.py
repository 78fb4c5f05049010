"""The report of an evaluation: its page, its charts and its questions."""
