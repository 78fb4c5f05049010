"""Answers and passages as safe HTML: pure functions from `rag` values to strings.

Everything that comes from a document, a file name or a model goes through `ui.view.markup`, which
escapes it or cleans it by an allow-list. What these functions return is one line without a newline
or a tab (those become character references), so that it passes through a Markdown renderer unchanged.
"""
