"""Who answers: the language model of an assistant, shared by all that were made from it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rag.answering import followup, llm, prompt
from rag.answering.answer_queue import AnswerQueue
from rag.answering.context import TokenBudget
from rag.answering.model_server import CountTokens, list_served_models, token_counter
from rag.answering.replicas import Replicas
from rag.errors import ModelServerError, ModelServerUnreachableError
from rag.models import AUTO
from rag.models.cards import get_card
from rag.readers import find_admitting_tokens

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.answer import Turn
    from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class ConnectedModel:
    """A model that can be asked, how it is told things, and how much of them."""

    model: BaseChatModel
    name: str
    style: prompt.Style
    room: TokenBudget
    is_vllm: bool = False
    url: str = ""
    elsewhere: llm.Elsewhere | None = None
    """Gives the same model on another server, where there is one; this one is then asked last for a while."""

    def for_conversation(self, conversation: str) -> ConnectedModel:
        """The same with a header that keeps a conversation together where a router shares it out."""
        if not (self.is_vllm and conversation):
            return self
        headers = {"extra_headers": {"X-Session-ID": conversation}}
        return replace(self, model=self.model.model_copy(update={"model_kwargs": headers}))

    def for_asker(self, readers: frozenset[str]) -> ConnectedModel:
        """The same with a `cache_salt`, so that timing tells nothing of what other groups were answered from.

        vLLM shares cached prefixes only among requests of one salt; other servers need not know the field.
        """
        if not self.is_vllm:
            return self
        salt = hashlib.sha256(
            "\n".join(sorted(find_admitting_tokens(readers))).encode()
        ).hexdigest()[:32]
        salted = self.model.model_copy(update={"extra_body": {"cache_salt": salt}})
        return replace(self, model=salted)


class ModelConnection:
    """Finds the model at the first question, and again after it failed. Safe to share between threads.

    `queue` is how many may ask at a time. Where several servers have the model, see `Replicas`.
    """

    def __init__(
        self, settings: Settings, chat_model: BaseChatModel | None, count_tokens: CountTokens
    ) -> None:
        self._settings, self.count_tokens = settings, count_tokens
        self._given = chat_model
        self._asker: frozenset[str] | None = None
        self._conversation = ""
        self._replicas = Replicas(settings.llm.urls)
        self._shared: dict[str, ConnectedModel] = {}
        self._lock = threading.Lock()
        self._names = [llm.name_of(chat_model) if chat_model else _name(settings.llm.model)]
        self.queue = AnswerQueue(settings.llm.max_concurrent, settings.llm.timeout_s)

    @property
    def name(self) -> str:
        """The model's name, as far as it is known before its server was asked."""
        return self._names[0]

    def open(self) -> ConnectedModel:
        """The model, on the first of its servers that answers. Raises ModelServerError."""
        order = self._replicas.order(self._conversation)
        for number, url in enumerate(order, 1):
            try:
                connected = self._open_at(url)
            except ModelServerUnreachableError:
                self._replicas.note_failure(url)
                if number == len(order):
                    raise
                continue
            self._names[0] = connected.name
            if len(order) > 1:
                connected = replace(connected, elsewhere=partial(self._move_from, url))
            connected = connected.for_conversation(self._conversation)
            return connected if self._asker is None else connected.for_asker(self._asker)
        raise AssertionError("there is one server at least")

    def _open_at(self, url: str) -> ConnectedModel:
        with self._lock:
            if url not in self._shared:
                self._shared[url] = self._open(url)
            return self._shared[url]

    def _move_from(self, url: str) -> BaseChatModel:
        self._replicas.note_failure(url)
        return self.open().model

    def occupy(self, connected: ConnectedModel) -> AbstractContextManager[None]:
        """Count an answer of this model's server as under way, so that new conversations go to idler ones."""
        return self._replicas.occupy(connected.url)

    def for_asker(self, readers: frozenset[str] | None) -> ModelConnection:
        """The same model for askers with these reader tokens, who share a prefix cache with nobody else."""
        bound = copy(self)
        bound._asker = readers
        return bound

    def for_conversation(self, question: str, history: Sequence[Turn]) -> ModelConnection:
        """The same model for one conversation, which stays with the server that has its beginning cached.

        A conversation is known by its first question, and by who asks.
        """
        bound = copy(self)
        first = history[0].question if history else question
        asker = "\n".join(sorted(self._asker or ()))
        bound._conversation = hashlib.sha256(
            f"{asker}\n\n{first}".encode("utf-8", "replace")
        ).hexdigest()
        return bound

    def forget(self) -> None:
        """Look again at the next question: the server may have been started anew with another model."""
        with self._lock:
            self._shared.clear()

    def error(self) -> str | None:
        """Why the model server cannot answer now, in one sentence; None if it can."""
        if self._given is not None:
            return None
        problems = []
        for url in self._replicas.order():
            try:
                list_served_models(self._settings.llm.at(url))
            except ModelServerError as exc:
                problems.append(str(exc))
            else:
                return None
        return problems[0]

    def rewrite(self, messages: list[BaseMessage]) -> str:
        """What the model makes of a question; nothing where it is away: that is said when it answers."""
        try:
            opened = self.open()
            pieces = llm.stream(opened.model, messages, ("\n",), opened.elsewhere)
            return followup.collect_pieces(pieces)
        except ModelServerError:
            self.forget()
            return ""

    @property
    def may_search(self) -> bool:
        """Whether the model may be asked to search by itself; of one not yet known by name it is unknown."""
        choice = self._settings.answers.agent
        if choice != "auto" or not self.name:
            return choice != "off"
        card = get_card(self.name)
        return card is not None and bool(card.tool_parser)

    def searching_model(self) -> BaseChatModel | None:
        """The model, to be given tools; None where it may not search, or is away."""
        try:
            opened = self.open()
        except ModelServerError:
            self.forget()
            return None
        return opened.model if self.may_search else None

    def _open(self, url: str) -> ConnectedModel:
        settings = self._settings.llm.at(url)
        if self._given is not None:
            style = prompt.style_of(self.name)
            return ConnectedModel(
                self._given, self.name, style, self._room(style, None, self.count_tokens)
            )
        model, served, style = llm.open_chat_model(settings)
        window = served.window and max(0, served.window - settings.max_tokens)
        count = token_counter(settings, served, self.count_tokens)
        room = self._room(style, window, count)
        return ConnectedModel(model, served.name, style, room, served.is_vllm, url)

    def _room(self, style: prompt.Style, window: int | None, count: CountTokens) -> TokenBudget:
        return TokenBudget(
            self._settings.retrieval.context_tokens or style.context_tokens, window, count
        )


def _name(model: str) -> str:
    """The name of the model as far as it is known before the server is asked."""
    return "" if model == AUTO else model
