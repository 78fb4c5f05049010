"""Who answers: the language model of an assistant, shared by all that were made from it."""

from __future__ import annotations

import hashlib
import threading
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.answering import followup, llm, prompt
from rag.answering.answer_queue import AnswerQueue
from rag.answering.context import TokenBudget
from rag.answering.model_server import CountTokens, served_models, token_counter
from rag.errors import ModelServerError
from rag.models import AUTO
from rag.models.cards import get_card
from rag.readers import admitting_tokens

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class ConnectedModel:
    """A model that can be asked, how it is told things, and how much of them."""

    model: BaseChatModel
    name: str
    style: prompt.Style
    room: TokenBudget
    is_vllm: bool = False

    def for_asker(self, readers: frozenset[str]) -> ConnectedModel:
        """The same with a `cache_salt`, so that timing tells nothing of what other groups were answered from.

        vLLM shares cached prefixes only among requests of one salt; other servers need not know the field.
        """
        if not self.is_vllm:
            return self
        salt = hashlib.sha256("\n".join(sorted(admitting_tokens(readers))).encode()).hexdigest()[
            :32
        ]
        salted = self.model.model_copy(update={"extra_body": {"cache_salt": salt}})
        return replace(self, model=salted)


class ModelConnection:
    """Finds the model at the first question, and again after it failed. Safe to share between threads.

    `queue` is how many may ask at a time.
    """

    def __init__(
        self, settings: Settings, chat_model: BaseChatModel | None, count_tokens: CountTokens
    ) -> None:
        self._settings, self.count_tokens = settings, count_tokens
        self._given = chat_model
        self._asker: frozenset[str] | None = None
        self._shared: list[ConnectedModel] = []
        self._lock = threading.Lock()
        self.name = llm.name_of(chat_model) if chat_model else _name(settings.llm.model)
        self.queue = AnswerQueue(settings.llm.max_concurrent, settings.llm.timeout_s)

    def open(self) -> ConnectedModel:
        """The model. Raises ModelServerError."""
        with self._lock:
            if not self._shared:
                self._shared.append(self._open())
            speaking = self._shared[0]
        self.name = speaking.name
        return speaking if self._asker is None else speaking.for_asker(self._asker)

    def for_asker(self, readers: frozenset[str] | None) -> ModelConnection:
        """The same model for askers with these reader tokens, who share a prefix cache with nobody else."""
        bound = copy(self)
        bound._asker = readers
        return bound

    def forget(self) -> None:
        """Look again at the next question: the server may have been started anew with another model."""
        with self._lock:
            self._shared.clear()

    def error(self) -> str | None:
        """Why the model server cannot answer now, in one sentence; None if it can."""
        if self._given is not None:
            return None
        try:
            served_models(self._settings.llm)
        except ModelServerError as exc:
            return str(exc)
        return None

    def rewrite(self, messages: list[BaseMessage]) -> str:
        """What the model makes of a question; nothing where it is away: that is said when it answers."""
        try:
            return followup.collect_pieces(llm.stream(self.open().model, messages, ("\n",)))
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

    def _open(self) -> ConnectedModel:
        settings = self._settings.llm
        if self._given is not None:
            style = prompt.style_of(self.name)
            return ConnectedModel(
                self._given, self.name, style, self._room(style, None, self.count_tokens)
            )
        model, served, style = llm.open_chat_model(settings)
        window = served.window and max(0, served.window - settings.max_tokens)
        count = token_counter(settings, served, self.count_tokens)
        room = self._room(style, window, count)
        return ConnectedModel(model, served.name, style, room, served.is_vllm)

    def _room(self, style: prompt.Style, window: int | None, count: CountTokens) -> TokenBudget:
        return TokenBudget(
            self._settings.retrieval.context_tokens or style.context_tokens, window, count
        )


def _name(model: str) -> str:
    """The name of the model as far as it is known before the server is asked."""
    return "" if model == AUTO else model
