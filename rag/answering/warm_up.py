"""Does beforehand what the first questions would wait for."""

from __future__ import annotations

from collections import Counter

from rag.answering.question_search import QuestionSearch

_QUESTION = "What is this about?"
_DOCUMENTS = 50
"""Documents whose words are counted, spread over the index."""
_CHUNKS = 4
"""Chunks of each that are read, so that no long document outweighs the others."""
_WORDS = 1000
"""Words that are embedded, in about a second: most of what the passages of a first question hold."""
_AT_ONCE = 64
"""So few, because questions wait for the embedder meanwhile."""


def load_models(search: QuestionSearch) -> None:
    """Load the embedder and all that selects extracts, by asking a question."""
    search.retrieve(search.search_query(_QUESTION), None)


def embed_common_words(search: QuestionSearch) -> None:
    """Embed the words that most chunks have: extracts are chosen by how near words are in meaning."""
    from rag.extracts.words import find_surface_words

    snapshot = search.snapshot()
    ids = snapshot.document_ids(search.narrow(None)).tolist()
    counts: Counter[str] = Counter()
    for document_id in ids[:: max(1, len(ids) // _DOCUMENTS)][:_DOCUMENTS]:
        for text in list(snapshot.chunk_texts(document_id).values())[:_CHUNKS]:
            counts.update(set(find_surface_words(text).values()))
    words = [word for word, count in counts.most_common(_WORDS) if count > 1]
    for start in range(0, len(words), _AT_ONCE):
        search.embedder.embed_documents(words[start : start + _AT_ONCE])
