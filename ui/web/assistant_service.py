"""The assistant behind the page: opened when it can be, and what to say while it cannot."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rag.answer import Event, Turn
from rag.errors import IndexMissingError, InhouseError
from rag.hit import Hit
from rag.index import DocumentView
from rag.profile import Profile
from ui.errors import NotReadyError
from ui.messages.numbers import count
from ui.messages.page import ENGLISH, Words
from ui.messages.refusals import translate_refusal
from ui.web.identity import Person, Role
from ui.web.metrics import Metrics
from ui.web.profiles import Profiles

if TYPE_CHECKING:
    from rag.index import FileList, Filter
    from rag.intents.versions import DocumentVersions

_log = logging.getLogger(__name__)
_BOUND = 256  # assistants kept for different sets of reader tokens and profiles
_PROBE_S = (
    5.0  # the model server is asked how it is at most this often, however many pages are open
)


class Answering(Protocol):
    """What the page needs of `rag.Assistant`."""

    @property
    def chunk_count(self) -> int: ...
    @property
    def document_count(self) -> int: ...
    @property
    def generation(self) -> int: ...
    @property
    def model_name(self) -> str: ...
    @property
    def answers_waiting(self) -> int: ...
    def warm_up(self) -> None: ...
    def warm_up_words(self) -> None: ...
    def model_server_error(self) -> str | None: ...
    def search(
        self,
        query: str,
        *,
        k: int = 8,
        filter: Filter | None = None,
        history: Sequence[Turn] = (),
        explain: bool = False,
        fold: bool = False,
    ) -> list[Hit]: ...
    def shelf(self) -> FileList: ...
    def versions(self) -> DocumentVersions: ...
    def stream(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> Iterator[Event]: ...
    def astream(
        self, question: str, *, history: Sequence[Turn] = (), ask_model: bool = True
    ) -> AsyncGenerator[Event, None]: ...
    def stream_without_documents(
        self, question: str, *, history: Sequence[Turn] = ()
    ) -> Iterator[Event]: ...
    def readable(self, uris: Iterable[str]) -> frozenset[str]: ...
    def reading(self) -> DocumentView: ...
    def for_readers(self, tokens: Iterable[str]) -> Answering: ...
    def with_profile(self, profile: Profile) -> Answering: ...


@dataclass(frozen=True, slots=True)
class ServicePart:
    """How the index or the model is.

    `text` stands in the header, `more` beside it where there is room; `note` says in full what is wrong.
    `detail` is what the server itself says of it, in English, for those who can mend it.
    """

    ok: bool
    text: str
    more: str = ""
    note: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What the page's header says. `model` is None until the index is there."""

    index: ServicePart
    model: ServicePart | None


class AssistantService:
    """Opens the assistant at the first chance, so that the page outlives a missing index."""

    def __init__(
        self,
        open_assistant: Callable[[], Answering],
        words: Words = ENGLISH,
        profiles: Profiles | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.metrics = metrics or Metrics()
        self.words = words
        self.profiles = profiles or Profiles()
        self._open = open_assistant
        self._assistant: Answering | None = None
        self._is_warm = threading.Event()
        self._lock = threading.Lock()
        self._probing = threading.Lock()
        self._model: tuple[float, str | None] | None = None
        self._bound: OrderedDict[tuple[frozenset[str] | None, str], Answering] = OrderedDict()

    def assistant(self) -> Answering:
        """The assistant, ready to search at once.

        Raises what opening it raises (IndexMissingError, …), and tries again at the next call.
        """
        assistant = self._opened()
        self._is_warm.wait()
        return assistant

    def assistant_for(self, person: Person, profile: str = "") -> Answering:
        """The assistant, bound to what this person may read: nothing else is found, read or counted.

        With the `profile` of that name, or without any, for what is not asked of one: to open a document, to
        list them. The index, the embedder and the model are shared. Raises what opening it raises.
        """
        return self._bind(self._told(self.assistant, person), person, profile)

    def file_list(self, person: Person, profile: str = "") -> FileList | None:
        """What this person may read, as a list of files; None as long as the assistant is not open."""
        if self._assistant is None:
            return None
        return self._bind(self._assistant, person, profile).shelf()

    def readable(self, person: Person, uris: Iterable[str]) -> frozenset[str]:
        """Those of these documents that are in the index now and that this person may read."""
        return self._bind(self._told(self._opened, person), person).readable(uris)

    def _told(self, open_: Callable[[], Answering], person: Person) -> Answering:
        """Open it. Only an admin is told why it fails: the reason names paths on the server."""
        try:
            return open_()
        except InhouseError as exc:
            if person.may(Role.ADMIN):
                raise
            _log.warning("The index could not be opened: %s", exc)
            raise NotReadyError(_why(exc, self.words)) from exc

    def _bind(self, assistant: Answering, person: Person, profile: str = "") -> Answering:
        key = (person.readers, profile)
        with self._lock:
            bound = self._bound.get(key)
            if bound is None:
                chosen = self.profiles.named(profile) if profile else Profile()
                bound = assistant.with_profile(chosen)
                if person.readers is not None:
                    bound = bound.for_readers(person.readers)
                self._bound[key] = bound
            self._bound.move_to_end(key)
            while len(self._bound) > _BOUND:
                self._bound.popitem(last=False)
        return bound

    def prepare(self) -> None:
        """Open the assistant if that is possible, so that the first question does not wait for it."""
        with contextlib.suppress(InhouseError):
            self._opened()

    def replace(
        self, open_assistant: Callable[[], Answering], profiles: Iterable[Profile] | None = None
    ) -> None:
        """Answer with another assistant, and offer other profiles, from now on.

        Until the assistant is ready, the one before answers.

        Raises what opening it raises, but for an index that is still missing; then the one before stays.
        """
        assistant = None
        with contextlib.suppress(IndexMissingError):
            assistant = open_assistant()
            assistant.warm_up()
        with self._lock:
            self._open, self._assistant, self._model = open_assistant, assistant, None
            if profiles is not None:
                self.profiles.offer(profiles)
            self._bound.clear()
        if assistant is not None:
            self._is_warm.set()

    def _opened(self) -> Answering:
        with self._lock:
            if self._assistant is None:
                assistant = self._assistant = self._open()
                # The program waits for it at its end: a model that is loaded meanwhile would abort it.
                threading.Thread(
                    target=self._warm_up, args=(assistant,), name="inhouse-warm-up"
                ).start()
            return self._assistant

    def _warm_up(self, assistant: Answering) -> None:
        """Load the models, which takes seconds; then what makes the first answers quicker still.

        What fails fails again at the first question, and visibly.
        """
        try:
            with contextlib.suppress(InhouseError):
                assistant.warm_up()
        finally:
            self._is_warm.set()
        with contextlib.suppress(InhouseError):
            assistant.warm_up_words()

    def state(self, person: Person, words: Words | None = None) -> State:
        """How the index and the model are, now, as far as this person may know, in these words."""
        words = words or self.words
        try:
            assistant = self._bind(self._opened(), person)
            documents = count(words.document_count, assistant.document_count, words)
            passages = count(words.passage_count, assistant.chunk_count, words)
            generation = words.generation.format(n=assistant.generation)
        except InhouseError as exc:
            is_missing = isinstance(exc, IndexMissingError)
            label = words.index_missing if is_missing else words.index_unavailable
            is_told = person.may(Role.ADMIN)
            note = translate_refusal(str(exc), words) if is_told else _why(exc, words)
            return State(ServicePart(False, label, note=note), None)
        # How the index is built is for those who look after it.
        more = f"{passages} · {generation}" if person.may(Role.EDITOR) else ""
        index = ServicePart(True, documents, more)
        return State(index, self._model_state(assistant, person, words))

    def _model_state(self, assistant: Answering, person: Person, words: Words) -> ServicePart:
        with self._probing:
            if self._model is None or time.monotonic() - self._model[0] > _PROBE_S:
                self._model = time.monotonic(), assistant.model_server_error()
            error = self._model[1]
        if error is None:
            if not person.may(Role.EDITOR):
                return ServicePart(True, words.model_answers)
            name = assistant.model_name.rstrip("/").rpartition("/")[2]
            return ServicePart(True, name, words.model_ready)
        note = f"{words.model_silent} {words.model_missing_note}"
        detail = error if person.may(Role.ADMIN) else ""
        return ServicePart(False, words.model_missing, note=note, detail=detail)


def _why(error: InhouseError, words: Words) -> str:
    """Why there is no index to ask, for those who cannot mend it."""
    is_missing = isinstance(error, IndexMissingError)
    return words.index_missing_note if is_missing else words.index_unavailable_note
