"""The part of the page that Gradio draws: the conversation, its sources, the question box."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.messages.page import Words
from ui.view.markup import escape
from ui.web.app_state import AppState
from ui.web.chat.conversation import Conversation, Screen
from ui.web.identity import Person, watch, with_person
from ui.web.language import words_for

if TYPE_CHECKING:
    import gradio

# Answers under way at the same time. Each waits for the model server most of the time, not for this process,
# and shows its passages before the model says anything: so a crowd that asks at once finds a place at once.
AT_ONCE = 64
_THREADS = AT_ONCE + 16  # an answer takes one; stopping it and the like need some, too
QUEUE = 200  # questions waiting for one of those places before the page says that it is full
SESSIONS = 1_000  # conversations kept in memory
# Filled by the page's script: the profile's starter questions, and the other profiles.
_OFFERS = '<p class="offer"></p><div class="starters"></div><p class="offer"></p><div class="fields"></div>'


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events read and write."""

    welcome: gradio.Column
    earlier: gradio.Markdown
    now: gradio.Markdown
    earlier_evidence: gradio.Markdown
    now_evidence: gradio.Markdown
    note: gradio.Markdown
    question: gradio.Textbox
    ask: gradio.Button
    stop: gradio.Button
    opened: gradio.Textbox
    profile: gradio.Textbox


def build_page(house: AppState) -> gradio.Blocks:
    """The Gradio interface."""
    import gradio as gr

    page: gradio.Blocks = gr.Blocks(
        title=house.words.product, analytics_enabled=False, fill_width=True
    )
    with page:
        conversation = gr.State(Conversation())
        _connect(_draw(house.words), conversation, house)
    page.max_threads = _THREADS
    page.queue(max_size=QUEUE, api_open=False)
    page.state_session_capacity = SESSIONS
    # Gradio would put the times of all past events into a pandas table after each one.
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # spelled like this in Gradio
    return page


def _draw(words: Words) -> _Parts:
    import gradio as gr

    with gr.Row(elem_id="room"):
        with gr.Column(elem_id="talk"):
            with gr.Column(elem_id="welcome", scale=0) as welcome:
                _html(_welcome(words))
            earlier, now = _html(elem_id="earlier"), _html(elem_id="now")
            # The page's script writes the name of a kept conversation here, which opens it, and
            # that of the profile which this tab shows.
            opened = gr.Textbox(show_label=False, container=False, elem_id="opened")
            profile = gr.Textbox(show_label=False, container=False, elem_id="asked-of")
            with gr.Column(elem_id="composer", scale=0):
                note = _html(elem_id="note")
                with gr.Row(elem_id="box"):
                    question = gr.Textbox(
                        label=words.label,
                        show_label=False,
                        container=False,
                        placeholder=words.placeholder,
                        lines=1,
                        max_lines=8,
                        elem_id="question",
                        html_attributes=gr.InputHTMLAttributes(enterkeyhint="send"),
                    )
                    ask = gr.Button(words.ask, variant="primary", elem_id="ask")
                    stop = gr.Button(words.stop, visible=False, elem_id="stop")
                _html(f'<p class="caution">{escape(words.caution)}</p>')
            _html(_OFFERS, elem_id="offers")
        with gr.Column(elem_id="panel"):
            earlier_evidence, now_evidence = (
                _html(elem_id="earlier-evidence"),
                _html(elem_id="now-evidence"),
            )
    return _Parts(
        welcome, earlier, now, earlier_evidence, now_evidence,
        note, question, ask, stop, opened, profile,
    )  # fmt: skip


def _connect(parts: _Parts, conversation: gradio.State, house: AppState) -> None:
    import gradio as gr

    answer = with_person(_answerer(house), also=(words_for, watch))
    outputs = [
        *(parts.now, parts.now_evidence, parts.earlier, parts.earlier_evidence, parts.note),
        *(parts.question, parts.ask, parts.stop, parts.welcome),
    ]
    gr.on(
        [parts.question.submit, parts.ask.click],
        answer,
        [parts.question, parts.profile, conversation],
        outputs,
        show_progress="hidden",
        concurrency_limit=AT_ONCE,
        concurrency_id="answers",
        api_visibility="private",
    )
    parts.opened.submit(
        with_person(_opener(house), also=(words_for,)),
        [parts.opened, conversation],
        outputs,
        show_progress="hidden",
        concurrency_limit=None,
        api_visibility="private",
    )
    parts.stop.click(
        with_person(_stop),
        [conversation],
        None,
        show_progress="hidden",
        concurrency_limit=None,
        api_visibility="private",
    )


def _stop(_: Person, conversation: Conversation) -> None:
    conversation.stop()


def _answerer(house: AppState) -> Callable[..., Iterator[list[Any]]]:
    import gradio as gr

    def answer(
        person: Person,
        words: Words,
        is_welcome: Callable[[], bool],
        question: str | None,
        profile: str | None,
        conversation: Conversation,
    ) -> Iterator[list[Any]]:
        conversation.language = words.language
        with house.places.of(person) as is_free:
            screens = conversation.ask(
                question or "",
                house.desk,
                person,
                house.history,
                profile=profile or "",
                is_welcome=is_welcome,
            )
            if not is_free:
                limit = house.settings.web.answers_at_once
                screens = iter([Screen(note=words.too_many_answers.format(n=limit), busy=False)])
            for screen in house.metrics.answer(screens):
                # The box is emptied once.
                box = gr.skip() if screen.note or screen.earlier is None else ""
                yield [*_changes(screen), box, *_buttons(screen)]

    return answer


def _opener(house: AppState) -> Callable[[Person, Words, str | None, Conversation], list[Any]]:
    import gradio as gr

    def open_(
        person: Person, words: Words, kept: str | None, conversation: Conversation
    ) -> list[Any]:
        conversation.language = words.language
        screen = conversation.open(kept or "", house.desk, person, house.history, house.feedback)
        hidden = gr.update(visible=False) if conversation.shown else gr.skip()
        return [*_changes(screen), gr.skip(), *_buttons(screen)[:2], hidden]

    return open_


def _buttons(screen: Screen) -> list[Any]:
    import gradio as gr

    return [
        gr.update(visible=not screen.busy),
        gr.update(visible=screen.busy),
        gr.update(visible=False) if screen.busy else gr.skip(),
    ]


def _changes(screen: Screen) -> list[Any]:
    import gradio as gr

    note = f'<p class="complaint">{escape(screen.note)}</p>' if screen.note else screen.note
    parts = [screen.now, screen.now_evidence, screen.earlier, screen.earlier_evidence, note]
    return [gr.skip() if part is None else part for part in parts]


def _html(value: str = "", elem_id: str | None = None) -> gradio.Markdown:
    """A place for HTML of `ui.view`.

    Not gr.HTML: that compiles its content as a template with `new Function`, which the content
    security policy forbids. Markdown passes one line of HTML through, and cleans it once more.
    """
    import gradio as gr

    return gr.Markdown(value, latex_delimiters=[], elem_id=elem_id)


def _welcome(words: Words) -> str:
    """The page's script puts in the words of whoever looks, and of the profile, before it is drawn."""
    return (
        f'<div class="welcome"><h2>{escape(words.heading)}</h2><p>{escape(words.promise)}</p></div>'
    )
