"""The front door: search an index, ask it a question."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

from rag.answer import Answer, AnswerEvent, Comparison, Event, Extract, Turn
from rag.answering import streaming
from rag.answering.abstention import AbstentionPolicy
from rag.answering.answer_writer import AnswerWriter
from rag.answering.judging import JudgeTrial, ServedJudge, judge_connection, load_trial
from rag.answering.model_connection import ModelConnection
from rag.answering.passage_order import PassageOrderCache
from rag.answering.query import SearchQuery
from rag.answering.question_search import QuestionSearch
from rag.citations.entailment import Entailment, open_entailment
from rag.embedder import Embedder, Remembering, as_embedder, open_embedder
from rag.errors import UsageError
from rag.hit import Hit
from rag.index import DocumentView, FileList, Filter, Snapshot, StoreReader, open_store
from rag.index.views.files import FileQuery, FileRow
from rag.profile import Profile, find_profile
from rag.question import validate_question
from rag.readers import asker
from rag.retrieval.reranker import Reranker, open_reranker
from rag.retrieval.retriever import Part
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

    from rag.intents.versions import DocumentVersions
    from rag.langchain.retriever import InhouseRetriever


class Assistant:
    """Answers from one index. Safe to share between threads.

    It follows the index: every question sees the newest published generation.
    """

    def __init__(
        self,
        reader: StoreReader,
        embedder: Embedder,
        settings: Settings,
        chat_model: BaseChatModel | None = None,
        profile: Profile | str | None = None,
        reranker: Reranker | None = None,
        entailment: Entailment | None = None,
    ) -> None:
        self.settings = settings
        connection = ModelConnection(settings, chat_model, self._count_tokens)
        search = QuestionSearch(
            reader,
            Remembering(embedder),
            reranker,
            settings.retrieval.k,
            _profile(settings.profile if profile is None else profile, settings),
            AbstentionPolicy(reader.data_dir, abstains=settings.answers.abstain),
            connection,
        )
        judge = None
        trial = load_trial(reader.data_dir) if settings.answers.judge else None
        if trial and trial.has_vote:
            judge = ServedJudge(
                judge_connection(settings, connection), trial.threshold, trial.model
            )
        self._writer = AnswerWriter(search, connection, PassageOrderCache(), entailment, judge)

    @classmethod
    def open(
        cls,
        data_dir: str | Path,
        *,
        settings: Settings | None = None,
        embedder: Embedder | Embeddings | None = None,
        chat_model: BaseChatModel | None = None,
        profile: Profile | str | None = None,
    ) -> Assistant:
        """Open the index in `data_dir`. No network, no model server: those are for `ask`.

        `settings` None reads the configuration; `embedder` (also any LangChain `Embeddings`), `chat_model`
        and `profile` (also by its name or file) replace the configured ones.
        Raises IndexMissingError, IndexDamagedError, ProfileError, and EmbedderMismatchError if the index was
        built with another embedder.
        """
        settings = settings or load_settings()
        store = open_store(data_dir, beside=settings.data)
        reader = store.open_reader()
        opened = (
            open_embedder(settings, store.read_embedder())
            if embedder is None
            else as_embedder(embedder)
        )
        reranker = open_reranker(settings)
        entailment = open_entailment(settings)
        assistant = cls(reader, opened, settings, chat_model, profile, reranker, entailment)
        assistant._search.snapshot()
        return assistant

    def for_readers(self, tokens: Iterable[str]) -> Assistant:
        """The same assistant for somebody with these reader tokens, whatever filter a call brings.

        What they may not read is not found, read to the model, or counted. No token at all is nobody.
        Raises UsageError for what cannot be a token.
        """
        bound = copy(self)
        readers = self._search.narrow(Filter(readers=asker(tokens))).readers
        bound._writer = self._writer.for_readers(readers)
        return bound

    def with_profile(self, profile: Profile | str) -> Assistant:
        """The same assistant with another profile, given by itself, by its name or by its file."""
        other = copy(self)
        other._writer = self._writer.with_profile(_profile(profile, self.settings))
        return other

    @property
    def _search(self) -> QuestionSearch:
        return self._writer.search

    @property
    def profile(self) -> Profile:
        """The profile that it answers with."""
        return self._search.profile

    @property
    def data_dir(self) -> Path:
        """The folder of the index."""
        return self._search.reader.data_dir

    def snapshot(self) -> Snapshot:
        """The newest published generation of the index, open for search by whoever may read everything."""
        return self._search.reader.snapshot()

    @property
    def generation(self) -> int:
        """The newest published generation of the index."""
        return self._search.reader.snapshot().generation.id

    @property
    def chunk_count(self) -> int:
        """How many chunks the index holds, for whoever asks."""
        return self._search.reader.snapshot().count(self._search.narrow(None)).chunks

    @property
    def document_count(self) -> int:
        """How many documents the index holds, for whoever asks."""
        return self._search.reader.snapshot().count(self._search.narrow(None)).documents

    def warm_up(self) -> None:
        """Load what the first question would wait for. No model server is asked. Raises EmbeddingError."""
        from rag.answering.warm_up import load_models

        load_models(self._search)

    def warm_up_words(self) -> None:
        """Embed the documents' commonest words, which the first questions are compared with."""
        from rag.answering.warm_up import embed_common_words

        embed_common_words(self._search)

    def try_judge(self, *, progress: Callable[[int], object] = int) -> JudgeTrial:
        """How well the model judges sentences of the documents; see `rag.answering.try_judge`.

        Raises ModelServerError where no model answers.
        """
        from rag.answering.try_judge import PAIRS, draw_pairs, try_judge

        connection = judge_connection(self.settings, self._writer.connection)
        connection.open()
        pairs = list(draw_pairs(self._search.snapshot(), PAIRS))
        return try_judge(ServedJudge(connection), pairs, progress)

    def readable(self, uris: Iterable[str]) -> frozenset[str]:
        """Those of these documents that the index holds for whoever asks."""
        return self.snapshot().find_present(uris, self._search.narrow(None))

    @property
    def model_name(self) -> str:
        """Name of the language model that answers, or would answer."""
        return self._writer.connection.name

    @property
    def answers_waiting(self) -> int:
        """How many answers of this assistant wait for their turn at the model (`llm.max_concurrent`)."""
        return self._writer.connection.queue.waiting

    @property
    def embedder_name(self) -> str:
        """Name of the embedder that turns questions into vectors."""
        return self._search.embedder.identity.name

    @property
    def reranker_name(self) -> str | None:
        """Name of the cross-encoder that re-ranks what is found; None where none is configured."""
        return None if self._search.reranker is None else self._search.reranker.name

    def model_server_error(self) -> str | None:
        """Why the model server cannot answer now, in one sentence; None if it can."""
        return self._writer.connection.error()

    def reading(self) -> DocumentView:
        """The documents of the newest generation, to be opened by whoever asks."""
        return self.snapshot().document_view(self._search.narrow(None))

    def shelf(self) -> FileList:
        """The documents of the newest generation and the ledger, to be listed for whoever asks."""
        return self.snapshot().file_list(self._search.narrow(None))

    def documents(
        self, text: str = "", *, folder: str = "", tag: str = "", offset: int = 0, limit: int = 100
    ) -> list[FileRow]:
        """The documents of the newest generation by name, as far as whoever asks may read them.

        `text` is part of a name or a title. At most `limit` of them, after the first `offset`.
        """
        if offset < 0 or limit < 1:
            raise UsageError(f"There is no list of {limit} documents after the first {offset}.")
        query = FileQuery(text=text, folder=folder, tag=tag, is_indexed=True)
        rows, _ = self.shelf().files(query, offset=offset, limit=limit)
        return rows

    def versions(self) -> DocumentVersions:
        """The documents of the newest generation with their versions, for whoever asks."""
        from rag.intents.versions import DocumentVersions
        from rag.intents.workspace import Workspace

        snapshot = self._search.reader.snapshot()
        return DocumentVersions(
            Workspace(snapshot, self._search.narrow(None), self._search.embedder)
        )

    def search(
        self,
        query: str,
        *,
        k: int = 8,
        filter: Filter | None = None,
        without: Collection[Part] = (),
        history: Sequence[Turn] = (),
        explain: bool = False,
        fold: bool = False,
    ) -> list[Hit]:
        """The k best passages for `query`, best first. Raises UsageError for an empty query or k < 1.

        `without` leaves parts of the search out, to see what they bring. A query that leans on `history` is
        searched for behind the question that it leans on; no model is asked. `explain` fills `Hit.why`.
        `fold` shows what several documents say alike once, with the others in `Hit.also_in`, as for `ask`.
        """
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least one passage.")
        return self._search.find_passages(
            query,
            k=k,
            filter=filter,
            without=without,
            history=history,
            explain=explain,
            fold=fold,
        )

    def extracts(
        self,
        question: str,
        k: int = 3,
        *,
        filter: Filter | None = None,
        history: Sequence[Turn] = (),
    ) -> list[Extract]:
        """The k sentences, table rows or list items of the documents that answer best; no model is asked.

        Raises UsageError for an empty question or k < 1.
        """
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least one extract.")
        query = self.search_query(question, history)
        return list(self._search.retrieve(query, filter, extracts=k).extracts)

    def search_query(self, question: str, history: Sequence[Turn] = ()) -> SearchQuery:
        """What is searched for: the question resolved against the conversation, plus glossary synonyms.

        Misspelt words are corrected. No model is asked. Raises UsageError for a question that is empty or
        too long.
        """
        return self._search.search_query(question, history)

    def searched(
        self, question: str, history: Sequence[Turn] = (), *, ask_model: bool = False
    ) -> str:
        """The text of `search_query`, by its earlier name; `ask_model` lets the model rewrite a follow-up."""
        query = self.search_query(question, history)
        if ask_model and query.is_followup:
            query = self._search.rewrite(query, history)
        return query.text

    def confidence(self, question: str, *, filter: Filter | None = None) -> float:
        """How likely it is that the documents hold an answer, for comparing questions: 0…1.

        The probability that `inhouse calibrate` fitted, where it still fits; else how close the closest
        passage comes, as an inner product.
        """
        return self._search.abstention.confidence(
            self._search.reader.snapshot(),
            self._search.embedder,
            validate_question(question),
            self._search.narrow(filter),
        )

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filter: Filter | None = None,
        ask_model: bool = True,
    ) -> Answer:
        """Answer `question` from the documents; see `Answer.status` for how far they support it.

        With `ask_model` False the documents' own words are all of the answer, and its status is `not_asked`.
        """
        events = self.stream(question, history=history, filter=filter, ask_model=ask_model)
        return streaming.find_last_answer(events)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filter: Filter | None = None,
        ask_model: bool = True,
    ) -> Iterator[Event]:
        """The answer as it is made: passages and extracts, the model's text, its citations, the Answer.

        The passages come first where the extracts have to wait for other questions. For a follow-up the
        first passages come before the model rewrites the question, and the final ones after it. A model
        server that is down or breaks off is no error here: the Answer has the extracts and passages, the
        status `model_unavailable`, and a notice that says why. Closing the iterator stops the model. Raises
        UsageError for a question that is empty or too long, before there is an iterator.
        """
        validate_question(question)
        return self._writer.stream(question, history, filter, ask_model=ask_model)

    async def aask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filter: Filter | None = None,
        ask_model: bool = True,
    ) -> Answer:
        """`ask` for a coroutine."""
        events = self.astream(question, history=history, filter=filter, ask_model=ask_model)
        async for event in events:
            if isinstance(event, AnswerEvent):
                return event.answer
        raise AssertionError("a stream ends with its answer")

    def astream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filter: Filter | None = None,
        ask_model: bool = True,
    ) -> AsyncGenerator[Event, None]:
        """`stream` for a coroutine: nothing blocks its loop. Closing the generator stops the model."""
        validate_question(question)
        return self._writer.astream(question, history, filter, ask_model=ask_model)

    def compare(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> Comparison:
        """The same question to the same model, with the documents and without them."""
        return Comparison(
            question=validate_question(question),
            with_documents=self.ask(question, history=history, filter=filter),
            without_documents=streaming.find_last_answer(
                self.stream_without_documents(question, history=history, filter=filter)
            ),
        )

    def stream_without_documents(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> Iterator[Event]:
        """What the model says by itself, in pieces; then citations and the Answer, as in `stream`.

        It is shown nothing of the documents, but what it says is checked against the passages that were
        found, so that a sentence which nothing supports is marked. They are in `context.retrieved`.
        """
        validate_question(question)
        return self._writer.stream_without_documents(question, history, filter)

    def astream_without_documents(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> AsyncGenerator[Event, None]:
        """`stream_without_documents` for a coroutine."""
        validate_question(question)
        return self._writer.astream_without_documents(question, history, filter)

    def ask_without_documents(self, question: str, *, history: Sequence[Turn] = ()) -> str:
        """What the model says to `question` by itself, and no more: nothing is searched for or checked.

        Raises ModelServerError.
        """
        return self._writer.ask_without_documents(question, history)

    def as_retriever(self, *, k: int = 8, filter: Filter | None = None) -> InhouseRetriever:
        """This index as a LangChain retriever."""
        from rag.langchain.retriever import InhouseRetriever

        return InhouseRetriever(assistant=self, k=k, filter=filter)

    def _count_tokens(self, text: str) -> int:
        return len(self._search.embedder.tokenizer.encode(text, add_special_tokens=False).ids)


def _profile(profile: Profile | str, settings: Settings) -> Profile:
    return find_profile(profile, settings.profiles) if isinstance(profile, str) else profile
