"""What every final object carries beside OpenAI's fields, as `inhouse`."""

from __future__ import annotations

from typing import Any

from rag.answer import Answer, Citation, Extract, Status
from ui.api.marked_text import MarkedText
from ui.messages.page import Words
from ui.view.headline import find_verdict


def summarise(text: MarkedText, words: Words, *, is_admin: bool) -> dict[str, Any]:
    """Status, citations, extracts and notices of a finished answer.

    `citations` and `extracts` are those of the `Answer`, each with its `url` or null. `n` of an extract is
    its number in the text, or null where the text does not show it.
    """
    answer = text.answer
    if answer is None:
        raise ValueError("the answer is not finished")

    def url(passage: Citation | Extract, quote: str) -> str | None:
        return text.link(passage.uri, passage.start, passage.end, quote)

    return {
        "status": answer.status.value,
        "verdict": find_verdict(answer).value,
        "confidence": answer.confidence,
        "citations": [
            citation.model_dump(mode="json") | {"url": url(citation, citation.quote)}
            for citation in answer.citations
        ],
        "extracts": [
            extract.model_dump(mode="json")
            | {
                "url": url(extract, ""),
                "n": extract.rank if extract.rank in text.shown_extracts else None,
            }
            for extract in answer.extracts
        ],
        "notices": _notices(answer, words, is_admin=is_admin),
        "searched": answer.searched,
        "generation": answer.generation,
    }


def _notices(answer: Answer, words: Words, *, is_admin: bool) -> list[str]:
    if answer.status is Status.MODEL_UNAVAILABLE and not is_admin:
        return [words.model_silent]  # the reason names places on the server
    return list(answer.notices) or ([answer.notice] if answer.notice else [])
