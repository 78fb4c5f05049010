"""One turn of a conversation: the question, how far its answer is supported, the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from rag.answer import Answer, Grade, RetrievalEvent, Sentence, Status, Verdict
from rag.citations.markers import strip_markers
from rag.hit import Hit
from ui.messages.numbers import number
from ui.messages.page import Words
from ui.view.answer_actions import Kept, render_actions
from ui.view.computed import render_computed_block
from ui.view.evidence import Shelf, group_citations, leads_to_sources
from ui.view.extracts import extract_list
from ui.view.headline import choose_headline, find_verdict
from ui.view.markup import escape, escape_name, render_code_block, render_emphasis
from ui.view.scope import describe_scope

# What the model itself claims to cite. The citations on the page are those that were checked.

Decorate = Callable[[str], str]
_BULLET = re.compile(r"[-*•](?:\s+|$)")
_NUMBER = re.compile(r"\d{1,2}[.)](?:\s|$)")


def render_searching(turn: int, question: str, words: Words, scope: Sequence[str] = ()) -> str:
    """The question was sent; nothing has come back.

    Here and below, `scope` are the names of what is asked; none: all documents.
    """
    return _turn(turn, question, _status("busy", words.searching), words, scope)


def render_quotes(
    turn: int,
    question: str,
    retrieval: RetrievalEvent,
    words: Words,
    shelf: Shelf | None = None,
    scope: Sequence[str] = (),
) -> str:
    """The documents' own words are there; the model has not said anything that they back.

    The sentences that answer may still be looked for, a follow-up be on its way to its final wording.
    """
    meanwhile = words.resolving if retrieval.extracts or retrieval.computed else words.searching
    label = words.writing if retrieval.is_final else meanwhile
    inner = render_unfinished(turn, label, (), retrieval, words, shelf)
    return _turn(turn, question, inner, words, scope)


def render_writing(
    turn: int,
    question: str,
    sentences: Sequence[Sentence],
    retrieval: RetrievalEvent,
    words: Words,
    shelf: Shelf | None = None,
    scope: Sequence[str] = (),
) -> str:
    """The answer so far: those of the model's sentences that the documents back, above their own words."""
    inner = render_unfinished(turn, words.writing, sentences, retrieval, words, shelf)
    return _turn(turn, question, inner, words, scope)


def render_unfinished(
    turn: int,
    label: str,
    sentences: Sequence[Sentence],
    retrieval: RetrievalEvent,
    words: Words,
    shelf: Shelf | None = None,
) -> str:
    """The same without the question, under a `label` that says what is going on."""
    backed = [s for s in sentences if s.supported and not s.is_beside_the_point]
    body = _backed(turn, backed, words)
    # The room for the model's first sentence is kept, so that nothing jumps when it arrives.
    slot = f'<div class="body is-writing">{body}</div>'
    shelf = shelf or Shelf()
    quotes = extract_list(retrieval.extracts, words, shelf, is_answer=not body, hits=retrieval.hits)
    if retrieval.computed is not None:  # what a model adds stands below it
        slot = render_computed_block(retrieval.computed, words, shelf) + slot
        quotes = ""
    opener = _opener(turn, words.show_passages, len(retrieval.hits))
    return _status("busy", label) + slot + quotes + opener


def render_stopped(
    turn: int,
    answer: Answer,
    words: Words,
    kept: Kept | None = None,
    shelf: Shelf | None = None,
    scope: Sequence[str] = (),
) -> str:
    """The reader stopped the answer: the documents' words, and what of the model's they back."""
    status = _status("stopped", words.stopped, words.stopped_why if answer.text else "")
    return _unfinished(turn, answer, status, words, kept, shelf or Shelf(), scope)


def render_interrupted(
    turn: int,
    answer: Answer,
    words: Words,
    kept: Kept | None = None,
    shelf: Shelf | None = None,
    scope: Sequence[str] = (),
) -> str:
    """The server or the connection ended before the answer did; it can be asked for again."""
    status = _status("stopped", words.interrupted, words.interrupted_why)
    return _unfinished(turn, answer, status, words, kept, shelf or Shelf(), scope)


def render_next_questions(questions: Sequence[str], words: Words) -> str:
    """What one might ask next; the page's script asks it."""
    if not questions:
        return ""
    links = "".join(
        f'<a class="next" href="#act/next"><span>{escape(text)}</span></a>' for text in questions
    )
    return f'<div class="nexts"><p class="extracts-title">{escape(words.next_questions)}</p>{links}</div>'


def _unfinished(
    turn: int,
    answer: Answer,
    status: str,
    words: Words,
    kept: Kept | None,
    shelf: Shelf,
    scope: Sequence[str],
) -> str:
    opener = _opener(turn, words.show_passages, len(answer.context.retrieved))
    inner = _gone(bool(shelf.gone), words) + status + _composed(turn, answer, words, shelf) + opener
    inner += render_actions(kept, words, judged=False)
    return _turn(turn, answer.question, inner, words, scope)


def render_failed(
    turn: int, question: str, reason: str, words: Words, scope: Sequence[str] = ()
) -> str:
    """No answer is possible; `reason` says in a sentence why, and what to do."""
    inner = _status("failed", words.failed, reason) + render_actions(None, words)
    return _turn(turn, question, inner, words, scope)


def render_answer(
    turn: int,
    answer: Answer,
    words: Words,
    kept: Kept | None = None,
    shelf: Shelf | None = None,
    scope: Sequence[str] = (),
) -> str:
    """The finished answer: what it comes to, what is backed, the documents' own words, where they stand.

    `kept` is where it can be found again; `shelf.gone` names documents that are not there any more.
    """
    shelf = shelf or Shelf()
    if leads_to_sources(answer):
        opener = _opener(turn, words.show_sources, len(group_citations(answer)))
    else:
        opener = _opener(turn, words.show_passages, len(_hits(answer)))
    gone = _gone(bool(shelf.gone), words)
    inner = (
        gone + render_answer_body(turn, answer, words, opener, shelf) + render_actions(kept, words)
    )
    return _turn(turn, answer.question, inner, words, scope)


def _gone(withdrawn: bool, words: Words) -> str:
    return f'<p class="notice is-gone">{escape(words.sources_gone)}</p>' if withdrawn else ""


def render_answer_body(
    turn: int, answer: Answer, words: Words, opener: str = "", shelf: Shelf | None = None
) -> str:
    """The answer without the question: nothing that the documents do not back stands in front."""
    line = choose_headline(answer, words)
    status = _status(line.verdict.value, line.label, line.why)
    body = _composed(turn, answer, words, shelf or Shelf())
    searched = _searched_instead(answer)
    above = escape_name(words.searched_instead.format(text=searched)) if searched else ""
    above = f'<p class="searched">{above}</p>' if above else ""
    is_answered = bool(answer.extracts) or answer.computed is not None
    if answer.status is Status.MODEL_UNAVAILABLE and is_answered:
        # Whoever asks has an answer, and cannot start a server; the header says that there is none.
        is_said = words.no_model_wrote in line.why
        notice = "" if is_said else f'<p class="notice">{escape(words.without_model)}</p>'
        return above + status + body + notice + opener + _facts(answer, words)
    return above + status + _notice(answer) + body + opener + _facts(answer, words)


def _searched_instead(answer: Answer) -> str:
    """What was searched for in place of the question: in another spelling or language; "" if not."""
    searched, question = answer.searched, answer.question
    is_question = question in searched or not searched
    return "" if is_question or answer.turns else searched


def _composed(turn: int, answer: Answer, words: Words, shelf: Shelf) -> str:
    verdict = find_verdict(answer)
    if answer.computed is not None:
        is_backed = verdict is Verdict.BACKED
        added = _backed(turn, answer.backed_sentences, words) if is_backed else ""
        addition = f'<div class="body">{added}</div>' if added else ""
        return render_computed_block(answer.computed, words, shelf) + addition
    if verdict is Verdict.BACKED:
        body = f'<div class="body">{_checked(turn, answer, words)}</div>'
        sentences = {sentence.text for sentence in answer.sentences}
        others = [extract for extract in answer.extracts if extract.text not in sentences]
        return body + extract_list(others, words, shelf, is_answer=False, hits=_hits(answer))
    backed = _backed(turn, answer.backed_sentences, words)
    body = f'<div class="body">{backed}</div>' if backed else ""
    is_answer = not backed and verdict is not Verdict.NOT_IN_DOCUMENTS
    body += extract_list(answer.extracts, words, shelf, is_answer=is_answer, hits=_hits(answer))
    if not answer.text:
        return body
    claims = any(sentence.grade is Grade.NOT_FOUND for sentence in answer.sentences)
    if answer.status in (Status.NOT_IN_DOCUMENTS, Status.NOTHING_READABLE) and not claims:
        # A refusal claims nothing, so there is nothing to fold away.
        refusal = f'<div class="body">{_blocks([(answer.text, _plain)])}</div>'
        is_right = verdict in (Verdict.NOT_IN_DOCUMENTS, Verdict.NOTHING_READABLE)
        return refusal + body if is_right else body
    title = words.rest_of_model_text if backed else words.model_text
    return body + (
        f'<details class="model-text"><summary>{escape(title)}</summary>'
        f'<div class="body">{_checked(turn, answer, words)}</div></details>'
    )


def render_without_documents(turn: int, answer: Answer, words: Words, opener: str = "") -> str:
    """What the model said without documents, each sentence with its source or without."""
    label, why = words.statuses[answer.status]
    why = words.alone_why.get(answer.status, why)
    status = _status(answer.status.value, label, why)
    body = f'<div class="body">{_checked(turn, answer, words)}</div>' if answer.text else ""
    return status + _notice(answer) + body + opener + _facts(answer, words)


def _notice(answer: Answer) -> str:
    return f'<p class="notice">{render_emphasis(answer.notice)}</p>' if answer.notice else ""


def _backed(turn: int, sentences: Sequence[Sentence], words: Words) -> str:
    """These sentences as one paragraph, each with the numbers of its sources."""
    parts = [
        _sentence(turn, sentence, words, render_emphasis(sentence.text)) for sentence in sentences
    ]
    return f"<p>{' '.join(parts)}</p>" if parts else ""


def render_busy(what: str) -> str:
    """Something is going on."""
    return _status("busy", what)


def render_unchecked_text(text: str) -> str:
    """Text that is being written."""
    return f'<div class="body is-writing">{_unchecked(text)}</div>'


def render_error(reason: str, words: Words) -> str:
    """There will be no answer, and why."""
    return _status("failed", words.failed, reason)


def _turn(turn: int, question: str, inner: str, words: Words, scope: Sequence[str]) -> str:
    line = describe_scope(scope, words)
    only = f'<p class="asked-in">{escape_name(line)}</p>' if line else ""
    return (
        f'<div class="turn" id="t{turn}"><h2 class="question"><span class="sr">{words.you}: </span>'
        f'{escape(question)}</h2>{only}<div class="answer">{inner}</div></div>'
    )


def _status(kind: str, label: str, why: str = "") -> str:
    why = f" {escape(why)}" if why else ""
    return f'<p class="status status-{kind}"><strong>{escape(label)}</strong>{why}</p>'


def _opener(turn: int, label: str, number: int) -> str:
    """Leads to the evidence where it is not beside the answer (a narrow window)."""
    if not number:
        return ""
    return f'<p class="opener"><a href="#e{turn}">{escape(label)} ({number})</a></p>'


def _hits(answer: Answer) -> tuple[Hit, ...]:
    context = answer.context
    return context.cited + context.read + context.retrieved


def _facts(answer: Answer, words: Words) -> str:
    facts = []
    if "first_token" in answer.timings_ms:  # the model said something
        facts.append(answer.model.rstrip("/").rpartition("/")[2])
        seconds = number(answer.timings_ms["total"] / 1000, words, 1)
        facts.append(words.seconds.format(n=seconds))
    if answer.searched not in ("", answer.question) and not _searched_instead(answer):
        facts.append(words.searched_for.format(text=answer.searched))
    line = " · ".join(escape_name(fact) for fact in facts if fact)
    return f'<p class="facts">{line}</p>' if line else ""


def _unchecked(text: str) -> str:
    lines = re.split(r"(\s*\n\s*)", strip_markers(text)[0].strip())
    return _blocks((line, _plain) for line in lines)


def _checked(turn: int, answer: Answer, words: Words) -> str:
    """The sentences in the order and layout of the answer's text."""
    return _blocks(_pieces(turn, answer, words))


def _pieces(turn: int, answer: Answer, words: Words) -> Iterator[tuple[str, Decorate]]:
    text, cursor = strip_markers(answer.text)[0], 0
    for sentence in answer.sentences:
        at = text.find(sentence.text, cursor)
        # What the sentence splitter left out (a bullet, a heading) is still part of the answer.
        yield (text[cursor:at] if at >= 0 else " "), _plain
        yield sentence.text, partial(_sentence, turn, sentence, words)
        cursor = at + len(sentence.text) if at >= 0 else cursor
    yield text[cursor:], _plain


def _plain(markup: str) -> str:
    return markup


def _sentence(turn: int, sentence: Sentence, words: Words, markup: str) -> str:
    """A sentence with the numbers of its sources, and in words how far the documents say it."""
    named = words.grades.get(sentence.grade, "") if sentence.supported else ""
    chips = "".join(
        f'<a class="chip grade-{sentence.grade}" href="#e{turn}-s{n}">'
        f'<span class="sr">{words.source} </span>{n}<span class="sr">, {named}</span></a>'
        for n in sentence.citations
    )
    if sentence.supported and not sentence.is_beside_the_point:
        return f'<span class="sentence">{markup}{chips}</span>'
    if sentence.supported:
        tag = words.beside_the_point
    elif sentence.grade is Grade.PARAPHRASE:
        tag = words.probably
    elif sentence.grade is Grade.UNCHECKED:
        tag = words.unchecked
    else:
        tag = words.no_source
    kind = "unsupported" if not sentence.supported else "beside"
    return (
        f'<span class="sentence {kind}"><span class="claim">{markup}</span>{chips} '
        f'<span class="tag">{escape(tag)}</span></span>'
    )


def _blocks(pieces: Iterable[tuple[str, Decorate]]) -> str:
    """Paragraphs, list items and blocks of code; line breaks and bullets in the text say where one begins."""
    blocks: list[list[str]] = []  # [class, HTML]
    fresh = True
    for text, decorate in pieces:
        if code := render_code_block(text):
            blocks.append(["code", decorate(code)])
            fresh = True
            continue
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
            sentence_text = line[bullet.end() :] if bullet else line
            # A bullet that stands alone opens the item for the sentence after it.
            if sentence_text:
                blocks[-1][1] += decorate(render_emphasis(sentence_text)) + (" " if trail else "")
            fresh = "\n" in trail
    return "".join(f'<p class="{kind}">{markup}</p>' for kind, markup in blocks)
