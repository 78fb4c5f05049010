"""Several questions in one, taken apart so that they can be answered one after the other."""

from __future__ import annotations

import functools
import re

from rag.intents.recognition import recognise
from rag.intents.wording import find_wording, list_wordings

MOST = 6
"""Parts that a question is taken apart into; what lists more is a text, and is asked as it is."""
_FEWEST_WORDS = 3
"""Words of a part: "What and when?" is one question."""
_WORD = re.compile(r"[\w'’-]+")
_QUESTION_END = re.compile(r"(?<=[?？])[\"'”’»)]*\s+(?=\S)")
_SENTENCE_END = re.compile(r"(?<=[?!.？])\s+(?=[^\W\d_¿«“„\"])")


def split_questions(question: str) -> tuple[str, ...]:
    """The single questions of a text, in order; the text itself if it is one question.

    It is taken apart after a question mark, and before a question word with its verb ("…, and who signs?"),
    but never at an "and" between two things ("research and development", "what and when"). What is said ahead
    of a question ("I just signed. How long …?") stays with it. A part may lean on the one before it ("does it
    …"); who answers them hands the earlier ones on as the conversation.
    """
    text = " ".join(question.split())
    parts = [part for sentence in _sentences(text) for part in _clauses(sentence)]
    return tuple(parts) if 1 < len(parts) <= MOST else (question,)


def _sentences(text: str) -> list[str]:
    """Parts that each end with a question mark; what stands behind the last one belongs to it."""
    parts = _QUESTION_END.split(text)
    if len(parts) == 1:
        return _requests(text)
    if not parts[-1].rstrip(" \"'”’»)").endswith(("?", "？")):
        last = parts.pop()
        parts[-1] = f"{parts[-1]} {last}"
    whole = [part for part in parts if len(_WORD.findall(part)) >= 2]
    return whole if len(whole) == len(parts) else [text]


def _requests(text: str) -> list[str]:
    """Sentences of which each is a request of its own ("Summarise X. List all documents.")."""
    parts = _SENTENCE_END.split(text)
    if len(parts) > 1 and all(recognise(part) for part in parts):
        return parts
    return [text]


def _clauses(sentence: str) -> list[str]:
    """The questions that one sentence joins with commas and "and"."""
    for wording in list_wordings():
        starts, joint = _patterns(wording.code)
        if not starts.search(sentence):
            continue  # none of this language, or a clause ("When forces act, what …?")
        parts = joint.split(sentence)
        if len(parts) < 2 or any(len(_WORD.findall(part)) < _FEWEST_WORDS for part in parts):
            continue
        end = "?" if sentence.rstrip().endswith("?") else ""
        bare = [part.strip(" ,;?") for part in parts]
        return [f"{part[:1].upper()}{part[1:]}{end}" for part in bare]
    return [sentence]


@functools.cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How a question begins, and where the next one does: a question word that its verb follows.

    "How many days do I get" has up to three words between the two; "where it says" has no such verb at all.
    """
    wording = find_wording(language)
    questions = "|".join(sorted(wording.set_of("questions"), key=len, reverse=True))
    verbs = "|".join(sorted(wording.set_of("verbs"), key=len, reverse=True))
    subjects = "|".join(sorted(wording.set_of("subjects"), key=len, reverse=True))
    before = rf"(?:{wording.words['before_question']} )?"
    inverted = rf"{before}(?:{questions})\b(?: [\w'’-]+){{0,3}}? (?:{verbs})\b"
    subject = rf"(?:{subjects}) (?!(?:{questions}|{verbs})\b)\w+ \w+"
    clause = rf"(?:{inverted}|{subject})"
    conditional = "|".join(wording.set_of("conditional"))
    begins = (
        rf"(?:^|[.!] )¿?(?!(?:{conditional}) (?!(?:{verbs})\b))"
        rf"(?:{before}(?:{questions})\b|(?:{verbs})\b)"
    )
    joint = rf"(?:,|;)? (?:{wording.words['joining']} )(?=¿?{clause})|(?:,|;) (?=¿?{clause})"
    return re.compile(begins, re.IGNORECASE), re.compile(joint, re.IGNORECASE)
