"""One turn of a conversation: the question, how far its answer is supported, the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from rag.answer import Answer, Sentence, Status
from ui.messages.numbers import number
from ui.messages.page import Words, counted
from ui.view.answer_actions import Kept, acts
from ui.view.evidence import grouped
from ui.view.markup import emphasised, escape, escape_name

# What the model itself claims to cite. The citations on the page are those that were checked.
_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")

Decorate = Callable[[str], str]
_BULLET = re.compile(r"[-*•](?:\s+|$)")
_NUMBER = re.compile(r"\d{1,2}[.)](?:\s|$)")


def searching(turn: int, question: str, words: Words) -> str:
    """The question was sent; nothing has come back."""
    return _turn(turn, question, _status("busy", words.searching), words)


def leaning(turn: int, question: str, passages: int, words: Words) -> str:
    """The question is being made whole; these passages were found for it as far as it is known."""
    opener = _opener(turn, words.show_passages, passages)
    return _turn(turn, question, _status("busy", words.leaning) + opener, words)


def reading(turn: int, question: str, passages: int, words: Words) -> str:
    """The passages are there; the model has not said anything."""
    status = words.reading.format(passages=counted(words.passage_count, passages))
    opener = _opener(turn, words.show_passages, passages)
    return _turn(turn, question, _status("busy", status) + opener, words)


def writing(turn: int, question: str, text: str, passages: int, words: Words) -> str:
    """The answer so far. None of it has been checked."""
    body = f'<div class="body is-writing">{_unchecked(text)}</div>'
    opener = _opener(turn, words.show_passages, passages)
    return _turn(turn, question, _status("busy", words.writing) + body + opener, words)


def stopped(
    turn: int, answer: Answer, words: Words, kept: Kept | None = None, *, withdrawn: bool = False
) -> str:
    """The reader stopped the answer; its text is as far as it came, its passages are what was found."""
    body = f'<div class="body">{_unchecked(answer.text)}</div>' if answer.text else ""
    why = words.stopped_why if answer.text else ""
    opener = _opener(turn, words.show_passages, len(answer.context.retrieved))
    inner = _gone(withdrawn, words) + _status("stopped", words.stopped, why) + body + opener
    return _turn(turn, answer.question, inner + acts(kept, words, judged=False), words)


def failed(turn: int, question: str, reason: str, words: Words) -> str:
    """No answer is possible; `reason` says in a sentence why, and what to do."""
    inner = _status("failed", words.failed, reason) + acts(None, words)
    return _turn(turn, question, inner, words)


def answered(
    turn: int,
    answer: Answer,
    words: Words,
    kept: Kept | None = None,
    *,
    withdrawn: bool = False,
) -> str:
    """The finished answer: status, sentences with their citations, where it came from.

    `kept` is where it can be found again; `withdrawn`: some of what it rests on is not there any more.
    """
    if answer.citations:
        opener = _opener(turn, words.show_sources, len(grouped(answer)))
    else:
        opener = _opener(turn, words.show_passages, _hits(answer))
    inner = _gone(withdrawn, words) + said(turn, answer, words, opener) + acts(kept, words)
    return _turn(turn, answer.question, inner, words)


def _gone(withdrawn: bool, words: Words) -> str:
    return f'<p class="notice is-gone">{escape(words.sources_gone)}</p>' if withdrawn else ""


def said(turn: int, answer: Answer, words: Words, opener: str = "", *, alone: bool = False) -> str:
    """Status, sentences and facts, without the question. `alone`: the model had no documents to read."""
    label, why = words.statuses[answer.status]
    if answer.status is Status.MODEL_UNAVAILABLE and answer.text:
        why = words.broke_off
    elif alone:
        why = words.alone_why.get(answer.status, why)
    elif answer.status is Status.NOT_IN_DOCUMENTS and not _hits(answer):
        why = words.nothing_near
    status = _status(answer.status.value, label, why)
    notice = f'<p class="notice">{emphasised(answer.notice)}</p>' if answer.notice else ""
    body = f'<div class="body">{_checked(turn, answer, words)}</div>' if answer.text else ""
    return status + notice + body + opener + _facts(answer, words)


def busy(what: str) -> str:
    """Something is going on."""
    return _status("busy", what)


def unchecked(text: str) -> str:
    """Text that is being written."""
    return f'<div class="body is-writing">{_unchecked(text)}</div>'


def broken(reason: str, words: Words) -> str:
    """There will be no answer, and why."""
    return _status("failed", words.failed, reason)


def _turn(turn: int, question: str, inner: str, words: Words) -> str:
    return (
        f'<div class="turn" id="t{turn}"><h2 class="question"><span class="sr">{words.you}: </span>'
        f'{escape(question)}</h2><div class="answer">{inner}</div></div>'
    )


def _status(kind: str, label: str, why: str = "") -> str:
    why = f" {escape(why)}" if why else ""
    return f'<p class="status status-{kind}"><strong>{escape(label)}</strong>{why}</p>'


def _opener(turn: int, label: str, number: int) -> str:
    """Leads to the evidence where it is not beside the answer (a narrow window)."""
    if not number:
        return ""
    return f'<p class="opener"><a href="#e{turn}">{escape(label)} ({number})</a></p>'


def _hits(answer: Answer) -> int:
    context = answer.context
    return len(context.cited) + len(context.read) + len(context.retrieved)


def _facts(answer: Answer, words: Words) -> str:
    facts = []
    if "first_token" in answer.timings_ms:  # the model said something
        facts.append(answer.model.rstrip("/").rpartition("/")[2])
        seconds = number(answer.timings_ms["total"] / 1000, words, 1)
        facts.append(words.seconds.format(n=seconds))
    if answer.searched not in ("", answer.question):
        facts.append(words.searched_for.format(text=answer.searched))
    line = " · ".join(escape_name(fact) for fact in facts if fact)
    return f'<p class="facts">{line}</p>' if line else ""


def _unchecked(text: str) -> str:
    lines = re.split(r"(\s*\n\s*)", _MARKER.sub("", text).strip())
    return _blocks((line, _plain) for line in lines)


def _checked(turn: int, answer: Answer, words: Words) -> str:
    """The sentences in the order and layout of the answer's text."""
    return _blocks(_pieces(turn, answer, words))


def _pieces(turn: int, answer: Answer, words: Words) -> Iterator[tuple[str, Decorate]]:
    text, cursor = _MARKER.sub("", answer.text), 0
    for sentence in answer.sentences:
        at = text.find(sentence.text, cursor)
        # What the sentence splitter left out (a bullet, a heading) is still part of the answer.
        yield (text[cursor:at] if at >= 0 else " "), _plain
        yield sentence.text, partial(_sentence, turn, sentence, answer.status, words)
        cursor = at + len(sentence.text) if at >= 0 else cursor
    yield text[cursor:], _plain


def _plain(markup: str) -> str:
    return markup


def _sentence(turn: int, sentence: Sentence, status: Status, words: Words, markup: str) -> str:
    chips = "".join(
        f'<a class="chip" href="#e{turn}-s{n}"><span class="sr">{words.source} </span>{n}</a>'
        for n in sentence.citations
    )
    # A refusal claims nothing, so it needs no source.
    if sentence.supported or status is Status.NOT_IN_DOCUMENTS:
        return f'<span class="sentence">{markup}{chips}</span>'
    tag = f'<span class="tag">{words.no_source}</span>'
    return f'<span class="sentence unsupported"><span class="claim">{markup}</span>{chips} {tag}</span>'


def _blocks(pieces: Iterable[tuple[str, Decorate]]) -> str:
    """Paragraphs and list items; line breaks and bullets in the text say where one begins."""
    blocks: list[list[str]] = []  # [class, HTML]
    fresh = True
    for text, decorate in pieces:
        line = text.strip()
        lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        bullet = _BULLET.match(line)
        fresh = fresh or "\n" in lead or bullet is not None
        if fresh and line:
            kind = "item" if bullet else "numbered" if _NUMBER.match(line) else ""
            blocks.append([kind, ""])
        elif blocks and lead:
            blocks[-1][1] += " "
        if line:
            said = line[bullet.end() :] if bullet else line
            # A bullet that stands alone opens the item for the sentence after it.
            if said:
                blocks[-1][1] += decorate(emphasised(said)) + (" " if trail else "")
            fresh = "\n" in trail
    return "".join(f'<p class="{kind}">{markup}</p>' for kind, markup in blocks)
