"""Answers to take along: as text, HTML, Markdown and Word, and the dialog that offers them."""
