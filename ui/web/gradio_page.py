"""The part of the page that Gradio draws: the conversation and its sources."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.messages.page import Words
from ui.view.markup import escape
from ui.web.app_state import AppState
from ui.web.chat.conversation import Conversation
from ui.web.chat.screen import Screen
from ui.web.identity import Person, watch, with_person
from ui.web.language import choose_words
from ui.web.scope import parse_scope

if TYPE_CHECKING:
    import gradio

# Answers under way at the same time. Each waits for the model server most of the time, not for this process,
# and shows its passages before the model says anything: so a crowd that asks at once finds a place at once.
AT_ONCE = 64
_THREADS = AT_ONCE + 16  # an answer takes one; stopping it and the like need some, too
QUEUE = 200  # questions waiting for one of those places before the page says that it is full
SESSIONS = 1_000  # conversations kept in memory


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events read and write.

    The page's own box and script write `question`, `profile`, `kept` and `progress` stand for it: see
    `static/talk.js`.
    """

    earlier: gradio.Markdown
    now: gradio.Markdown
    earlier_evidence: gradio.Markdown
    now_evidence: gradio.Markdown
    note: gradio.Markdown
    progress: gradio.Markdown
    question: gradio.Textbox
    profile: gradio.Textbox
    kept: gradio.Textbox
    scope: gradio.Textbox
    stop: gradio.Button


def build_page(app_state: AppState) -> gradio.Blocks:
    """The Gradio interface."""
    import gradio as gr

    from ui.web.page_blocks import PageBlocks

    page: gradio.Blocks = PageBlocks(
        title=app_state.words.product, analytics_enabled=False, fill_width=True
    )
    with page:
        conversation = gr.State(Conversation())
        _connect(_draw(), conversation, app_state)
    page.max_threads = _THREADS
    page.queue(max_size=QUEUE, api_open=False)
    page.state_session_capacity = SESSIONS
    # Gradio looks for new questions every millisecond, also while nobody asks: a tenth of a core.
    page._queue.sleep_when_free = 0.01
    # Gradio would put the times of all past events into a pandas table after each one.
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # spelled like this in Gradio
    return page


def _draw() -> _Parts:
    import gradio as gr

    with gr.Row(elem_id="room"):
        with gr.Column(elem_id="talk"):
            earlier, now = _html(elem_id="earlier"), _html(elem_id="now")
        with gr.Column(elem_id="panel"):
            earlier_evidence, now_evidence = (
                _html(elem_id="earlier-evidence"),
                _html(elem_id="now-evidence"),
            )
    with gr.Column(elem_id="wires"):  # never seen: between the page's script and the events
        note, progress = _html(elem_id="said"), _html(elem_id="progress")
        question, profile, kept = _wire("asked"), _wire("asked-of"), _wire("opened")
        scope = _wire("asked-scope")
        stop = gr.Button("", elem_id="stopping")
    return _Parts(
        earlier, now, earlier_evidence, now_evidence, note, progress,
        question, profile, kept, scope, stop,
    )  # fmt: skip


def _wire(name: str) -> gradio.Textbox:
    import gradio as gr

    return gr.Textbox(show_label=False, container=False, elem_id=name)


def _connect(parts: _Parts, conversation: gradio.State, app_state: AppState) -> None:
    outputs = [
        *(parts.now, parts.now_evidence, parts.earlier, parts.earlier_evidence),
        *(parts.note, parts.progress, parts.kept),
    ]
    parts.question.submit(
        with_person(_answerer(app_state), also=(choose_words, watch)),
        [parts.question, parts.profile, parts.kept, parts.scope, conversation],
        outputs,
        show_progress="hidden",
        concurrency_limit=AT_ONCE,
        concurrency_id="answers",
        api_visibility="private",
    )
    parts.kept.submit(
        with_person(_opener(app_state), also=(choose_words,)),
        [parts.kept, conversation],
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


def _answerer(app_state: AppState) -> Callable[..., Iterator[list[Any]]]:
    def answer(
        person: Person,
        words: Words,
        is_welcome: Callable[[], bool],
        question: str | None,
        profile: str | None,
        kept: str | None,
        scope: str | None,
        conversation: Conversation,
    ) -> Iterator[list[Any]]:
        conversation.language = words.language
        app_state.audit.asked(person)
        with app_state.places.of(person) as is_free:
            screens = conversation.ask(
                question or "",
                app_state.service,
                person,
                app_state.history,
                kept=kept or "",
                feedback=app_state.feedback,
                links=app_state.links,
                profile=profile or "",
                scope=parse_scope(scope),
                is_welcome=is_welcome,
            )
            if not is_free:
                limit = app_state.settings.web.answers_at_once
                screens = iter([Screen(note=words.too_many_answers.format(n=limit), busy=False)])
            known: tuple[bool, str | None] | None = None
            for screen in app_state.metrics.answer(screens):
                news = screen.busy, conversation.id
                yield _changes(screen, conversation, is_news=news != known)
                known = news

    return answer


def _opener(app_state: AppState) -> Callable[[Person, Words, str | None, Conversation], list[Any]]:
    def open_(
        person: Person, words: Words, kept: str | None, conversation: Conversation
    ) -> list[Any]:
        conversation.language = words.language
        screen = conversation.open(
            kept or "",
            app_state.service,
            person,
            app_state.history,
            app_state.feedback,
            app_state.links,
        )
        return _changes(screen, conversation, is_news=True)

    return open_


def _changes(screen: Screen, conversation: Conversation, *, is_news: bool) -> list[Any]:
    """The new value of each output. `is_news`: the page has to be told whether an answer is being written."""
    import gradio as gr

    note = None if screen.note is None else _word(screen.note)
    # A new value each time: the page sees an end also where nothing else changes.
    state = "busy" if screen.busy else "idle"
    progress = _word(f"{state} {time.monotonic_ns()}") if is_news else None
    kept = conversation.id if is_news and conversation.id else None
    parts = [screen.now, screen.now_evidence, screen.earlier, screen.earlier_evidence]
    return [gr.skip() if part is None else part for part in (*parts, note, progress, kept)]


def _word(text: str) -> str:
    """Text for the page's script, told apart from what Gradio itself writes beside it."""
    return f'<p class="word">{escape(text)}</p>'


def _html(value: str = "", elem_id: str | None = None) -> gradio.Markdown:
    """A place for HTML of `ui.view`.

    Not gr.HTML: that compiles its content as a template with `new Function`, which the content
    security policy forbids. Markdown passes one line of HTML through, and cleans it once more.
    """
    import gradio as gr

    return gr.Markdown(value, latex_delimiters=[], elem_id=elem_id)
