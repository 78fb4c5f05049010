"""Selects the sentences, rows and list items of the documents that answer a question, without a model."""

from rag.extracts.selection import Excerpt, Selection, best_excerpt, select_extracts

__all__ = ["Excerpt", "Selection", "best_excerpt", "select_extracts"]
