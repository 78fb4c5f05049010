"""Checking an answer against the passages: what each sentence claims, and what carries it."""

from rag.citations.checking import Checked, check, cite

__all__ = ["Checked", "check", "cite"]
