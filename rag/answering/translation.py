"""A question in another language than the documents, put into theirs by the model.

An embedder that was made for English finds little for "Wie lange ist die Probezeit?" in English documents.
Where the search brings no clear answer, the model translates the question, and it is searched for again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rag.answering.followup import LONGEST_REWRITE
from rag.language.identification import guess_question_language

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_NAMES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}
_LEAST_SHARE = 0.5
"""Share of the documents whose language is known that have to be in a language to be searched in it."""
_EXAMPLES = {
    "en": ("Where do I find the canteen menu?", "Who signs the invoices?"),
    "de": ("Wo finde ich den Kantinenplan?", "Wer unterschreibt die Rechnungen?"),
    "fr": ("Où trouver le menu de la cantine ?", "Qui signe les factures ?"),
    "es": ("¿Dónde encuentro el menú del comedor?", "¿Quién firma las facturas?"),
}
"""The same two questions in each language: a small model does what it was shown."""


def choose_target_language(question: str, languages: Iterable[str]) -> str:
    """The language of most documents, where the question is in another one; "" where it is not.

    `languages`: of each document, ISO 639-1 or "".
    """
    own = guess_question_language(question)
    known = Counter(language for language in languages if language)
    if not own or not known:
        return ""
    most, count = known.most_common(1)[0]
    is_other = most != own and most in _NAMES and count >= _LEAST_SHARE * known.total()
    return most if is_other else ""


def build_translation_request(question: str, language: str) -> list[BaseMessage]:
    """The messages that ask a model to translate a question into this language."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    shown_in = guess_question_language(question)
    shown_in = shown_in if shown_in in _NAMES else next(code for code in _NAMES if code != language)
    messages: list[BaseMessage] = [
        SystemMessage(
            f"Translate the question into {_NAMES[language]}. Answer with the translation alone."
        )
    ]
    for foreign, own in zip(_EXAMPLES[shown_in], _EXAMPLES[language], strict=True):
        messages += [HumanMessage(foreign), AIMessage(own)]
    return [*messages, HumanMessage(question)]


def read_translated_question(reply: str, question: str, language: str) -> str:
    """The translation in a model's reply; "" if it is none: empty, too long, or still in another language."""
    text = reply.strip().split("\n", 1)[0].strip().strip('"“”„«»').strip()
    is_usable = (
        0 < len(text) <= min(LONGEST_REWRITE, 4 * len(question) + 40)
        and text.casefold() != question.strip().casefold()
        and guess_question_language(text) in {language, ""}
    )
    return text if is_usable else ""
