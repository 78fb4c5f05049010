"""The front door: open, search, ask, stream; what was in the prompt is what is disclosed."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from ingest import ingest
from rag import Answer, Assistant, Filter
from rag.answer import (
    AnswerEvent,
    CitationsEvent,
    DeltaEvent,
    RetrievalEvent,
    SentencesEvent,
    Status,
    Turn,
    Verdict,
)
from rag.embedder import Embedder
from rag.errors import EmbedderMismatchError, IndexMissingError, InhouseError, UsageError
from rag.index import Snapshot
from rag.language.sentences import spans
from rag.profile import REFUSAL
from rag.retrieval.retriever import retrieve
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.rag.conftest import HANDBOOK

QUESTION = "How long is parental leave?"


class ListeningModel(BaseChatModel):
    """Says `reply` word by word and keeps every prompt that it was given."""

    reply: str = "Parental leave is 16 weeks."
    error: str = ""
    model_name: str = "listening"
    prompts: list[list[BaseMessage]] = []  # noqa: RUF012 - pydantic copies it for each model
    stops: list[list[str] | None] = []  # noqa: RUF012

    @property
    def _llm_type(self) -> str:
        return "listening"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.reply))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.prompts.append(messages)
        self.stops.append(stop)
        for word in self.reply.split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
        if self.error:
            raise ValueError(self.error)


def open_with(data: Path, model: BaseChatModel, **retrieval: Any) -> Assistant:
    settings = Settings.model_validate({"retrieval": retrieval})
    return Assistant.open(data, settings=settings, embedder=HashingEmbedder(), chat_model=model)


def replying(data: Path, *replies: str) -> Assistant:
    return open_with(data, FakeListChatModel(responses=list(replies)))


# Opening


def test_without_an_index_it_says_how_to_make_one(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(IndexMissingError, match="inhouse ingest") as caught:
            Assistant.open(folder, settings=Settings(), embedder=HashingEmbedder())
        assert caught.value.exit_code == 10
    assert list(tmp_path.iterdir()) == [], "looking for an index makes none"


@pytest.mark.parametrize("other", [HashingEmbedder("other"), HashingEmbedder(dimension=32)])
def test_an_index_of_another_embedder_is_refused(data: Path, other: HashingEmbedder) -> None:
    """The error names both, and the command; of two with one name it says how they differ."""
    message = rf"was built with the embedder hashing( \(.*\))?, not with {other.identity.name}"
    with pytest.raises(EmbedderMismatchError, match=f"{message}.*inhouse reembed"):
        Assistant.open(data, settings=Settings(), embedder=other)


def test_opening_changes_nothing(data: Path, tmp_path: Path) -> None:
    """Reading leaves every file of the data folder as it was."""

    def contents() -> dict[str, bytes]:
        files = (path for path in copy.rglob("*") if path.is_file())
        # What SQLite and tantivy keep for readers holds nothing of the index.
        return {
            p.name: p.read_bytes() for p in files if not p.name.endswith(("-wal", "-shm", ".lock"))
        }

    copy = shutil.copytree(data, tmp_path / "copy")
    before = contents()
    replying(copy, "x").search("leave")
    assert contents() == before


def test_it_says_what_it_holds(data: Path) -> None:
    assistant = replying(data, "x")
    assert assistant.document_count == len(HANDBOOK)
    assert assistant.chunk_count >= len(HANDBOOK)
    assert assistant.generation == 1
    assert assistant.model_server_error() is None


# Searching


def test_a_search_finds_what_shares_the_words(data: Path, handbook: Path) -> None:
    """Best first, at its place: the text is the document's own at that span."""
    hits = replying(data, "x").search("Smoking in the office", k=3)
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].uri == str(handbook / "smoking.txt")
    assert hits[0].text == HANDBOOK["smoking.txt"][hits[0].start : hits[0].end]


@pytest.mark.parametrize("question", ["", "  \n\t "])
def test_an_empty_question_is_refused(data: Path, question: str) -> None:
    assistant = replying(data, "x")
    streams = (
        assistant.stream, assistant.astream,
        assistant.stream_without_documents, assistant.astream_without_documents,
    )  # fmt: skip
    # Of a stream at the call: a server has not begun its response by then.
    for refused in (assistant.search, assistant.ask, *streams):
        with pytest.raises(UsageError, match="The question is empty"):
            refused(question)


@pytest.mark.filterwarnings(
    "ignore:This process:DeprecationWarning"
)  # that threads are lost is the point
def test_after_a_fork_an_assistant_says_so_and_a_new_one_answers(data: Path) -> None:
    """The threads below it are not there in the child: to wait for them would be for ever."""
    assistant = replying(data, "x")
    assistant.search("leave")
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            try:
                assistant.search("leave")
            except UsageError as exc:
                status = 0 if "forked" in str(exc) and replying(data, "x").search("leave") else 2
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_question_of_100_000_characters_is_refused_with_its_length(data: Path) -> None:
    with pytest.raises(UsageError, match=r"has 100,000 characters; at most 4,000"):
        replying(data, "x").ask("x" * 100_000)
    assert replying(data, "No.").ask("x" * 4_000).question == "x" * 4_000


@pytest.mark.parametrize("k", [0, -1])
def test_a_search_for_no_passages_is_refused(data: Path, k: int) -> None:
    with pytest.raises(UsageError, match=f"k is {k}"):
        replying(data, "x").search("leave", k=k)


def test_more_passages_than_there_are_is_all_of_them(data: Path) -> None:
    assistant = replying(data, "x")
    assert len(assistant.search("leave", k=500)) == assistant.chunk_count


@pytest.mark.parametrize(
    "question",
    ["'; DROP TABLE documents;--", "a AND (b OR", '"', "*", "leave\x00", "\ud800", "😀" * 99, "第"],
)
def test_odd_questions_are_only_questions(data: Path, question: str) -> None:
    """No query language, no SQL: anything is looked for as it stands, or refused in one sentence."""
    try:
        assert len(replying(data, "x").search(question, k=2)) <= 2
    except InhouseError as exc:
        assert "\n" not in str(exc)  # noqa: PT017


# Asking


def test_an_answer_is_one_value_that_survives_json(data: Path) -> None:
    """`Answer.model_validate(answer.to_json())` is the same answer, as far as JSON promises."""
    answer = replying(data, "Parental leave is 16 weeks. Bananas are yellow.").ask(f" {QUESTION}\n")
    assert answer.question == QUESTION
    assert answer.status is Status.PARTIAL
    assert Answer.model_validate(answer.to_json()).to_json() == answer.to_json()
    assert Answer.model_validate_json(answer.model_dump_json()).citations == answer.citations


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ("Parental leave is 16 weeks.", Status.GROUNDED),
        ("Parental leave is 16 weeks [3].", Status.GROUNDED),
        ("Parental leave is 17 weeks.", Status.UNSUPPORTED),
        ("Parental leave is 16 weeks. So it is said on Mars.", Status.PARTIAL),
        (REFUSAL, Status.NOT_IN_DOCUMENTS),
        ("", Status.UNSUPPORTED),
        ("\u200b \u200b", Status.UNSUPPORTED),
    ],
)
def test_the_status_is_what_the_check_found(data: Path, reply: str, status: Status) -> None:
    answer = open_with(data, ListeningModel(reply=reply)).ask(QUESTION)
    assert answer.status is status
    says_something = any(map(str.isalnum, reply))
    assert bool(answer.notice) is not says_something, (
        "who says nothing is said to have said nothing"
    )


def test_the_events_come_in_their_order(data: Path) -> None:
    """Passages, text in pieces, citations, the answer; the pieces are the answer's text."""
    model = GenericFakeChatModel(messages=iter([AIMessage("Parental leave is 16 weeks.")]))
    events = list(open_with(data, model).stream(QUESTION))
    kinds = [event.type for event in events]
    assert kinds[0] == "retrieval"
    assert kinds[-2:] == ["citations", "answer"]
    assert set(kinds[1:-2]) == {"delta"}
    assert len(kinds) > 5
    retrieval, *deltas, citations, last = events
    assert isinstance(retrieval, RetrievalEvent)
    assert isinstance(citations, CitationsEvent)
    assert isinstance(last, AnswerEvent)
    pieces = [event.text for event in deltas if isinstance(event, DeltaEvent)]
    assert "".join(pieces).strip() == last.answer.text
    assert citations.citations == last.answer.citations
    assert citations.sentences == last.answer.sentences
    assert last.answer.timings_ms.keys() == {"search", "first_token", "total"}


def test_the_passages_come_before_the_model_is_asked(data: Path) -> None:
    model = ListeningModel()
    events = open_with(data, model).stream(QUESTION)
    assert isinstance(next(events), RetrievalEvent)
    assert model.prompts == []


def test_closing_the_stream_early_raises_nothing(data: Path) -> None:
    for taken in range(4):
        events = open_with(data, ListeningModel()).stream(QUESTION)
        for _ in range(taken):
            next(events)
        events.close()  # type: ignore[attr-defined]
        assert list(events) == []


@pytest.mark.parametrize("context_tokens", [64, 100, 100_000])
def test_what_is_disclosed_is_what_was_in_the_prompt(data: Path, context_tokens: int) -> None:
    """`cited` and `read` are word for word the passages of the prompt, `retrieved` are not in it."""
    model = ListeningModel()
    answer = open_with(data, model, context_tokens=context_tokens).ask(QUESTION)
    (prompt,) = model.prompts
    sent = sorted([*answer.context.cited, *answer.context.read], key=lambda hit: hit.rank)
    evidence = "\n\n".join(
        f"[{n}] {hit.title}{f', {hit.section}' if hit.section else ''}\n{hit.text}"
        for n, hit in enumerate(sent, 1)
    )
    content = str(prompt[-1].content).encode()
    line = str(prompt[-1].content).split("\n")[1]
    assert content == f"Passages:\n{line}\n{evidence}\n{line}\n\nQuestion: {QUESTION}".encode()
    assert [hit.rank for hit in sent] == list(range(1, len(sent) + 1))
    assert len(sent) + len(answer.context.retrieved) == len(HANDBOOK)
    for hit in answer.context.retrieved:
        assert hit.text.encode() not in content
    assert {hit.uri for hit in answer.context.cited} == {c.uri for c in answer.citations}


def test_a_budget_that_holds_little_sends_little(data: Path) -> None:
    small, large = (
        open_with(data, ListeningModel(), context_tokens=tokens).ask(QUESTION).context
        for tokens in (64, 100_000)
    )
    assert large.retrieved == ()
    assert len(HANDBOOK) > len(small.cited) + len(small.read) >= 1


def test_history_is_told_but_not_searched(data: Path) -> None:
    """Earlier turns stand behind the passages, in their order."""
    model = ListeningModel()
    history = [
        Turn(question="Who leads?", answer="Anna."),
        Turn(question="Where?", answer="Berlin."),
    ]
    open_with(data, model).ask(QUESTION, history=history)
    contents = [str(message.content) for message in model.prompts[0]]
    assert contents[1].endswith("Question: Who leads?")
    assert contents[2:] == ["Anna.", "Question: Where?", "Berlin.", f"Question: {QUESTION}"]


def test_a_history_of_200_turns_is_no_trouble(data: Path) -> None:
    model = ListeningModel()
    history = [Turn(question=f"q{n}", answer=f"a{n}") for n in range(200)]
    assert open_with(data, model).ask(QUESTION, history=history).status is Status.GROUNDED
    assert len(model.prompts[0]) < 20


def test_a_filter_holds_for_search_and_answer(data: Path, handbook: Path) -> None:
    """What the asker may not see is neither found nor sent."""
    model = ListeningModel()
    assistant = open_with(data, model)
    only = Filter(folders=(str(handbook / "office"),))
    assert {hit.uri for hit in assistant.search(QUESTION, filter=only)} == {
        str(handbook / "office/berlin.md")
    }
    answer = assistant.ask(QUESTION, filter=only)
    assert answer.status is Status.UNSUPPORTED
    assert "Parental leave is" not in str(model.prompts)


def test_where_nothing_is_found_the_model_is_not_asked(data: Path) -> None:
    model = ListeningModel()
    answer = open_with(data, model).ask(QUESTION, filter=Filter(tags=("x",)))
    assert answer.status is Status.NOT_IN_DOCUMENTS
    assert answer.text == REFUSAL
    assert model.prompts == []


def test_nothing_readable(data: Path) -> None:
    """Whoever may read no document is told that, and the model is not asked."""
    model = ListeningModel()
    answer = open_with(data, model).ask(QUESTION, filter=Filter(readers=frozenset()))
    assert answer.status is Status.NOTHING_READABLE
    assert answer.verdict is Verdict.NOTHING_READABLE
    assert not answer.extracts
    assert model.prompts == []


def test_no_model_on_purpose(data: Path) -> None:
    """The documents' own words are the answer, and no model is asked."""
    model = ListeningModel()
    answer = open_with(data, model).ask(QUESTION, ask_model=False)
    assert answer.status is Status.NOT_ASKED
    assert any("16 weeks" in extract.text for extract in answer.extracts)
    assert model.prompts == []


def test_extracts_come_with_the_passages(data: Path) -> None:
    """They are there before the model is asked, and stand at their span of the document."""
    assistant = open_with(data, ListeningModel())
    first = next(iter(assistant.stream(QUESTION)))
    assert isinstance(first, RetrievalEvent)
    assert list(first.extracts) == assistant.extracts(QUESTION)
    hits = {hit.uri: hit for hit in first.hits}
    for extract in first.extracts:
        hit = hits[extract.uri]
        quoted = hit.text[extract.start - hit.start : extract.end - hit.start]
        assert set(extract.text.split()) & set(quoted.split())


def test_sentences_are_checked_as_they_are_completed(data: Path) -> None:
    """A sentence is checked when the next one begins; one that nothing supports is never among those."""
    reply = "Parental leave is 16 weeks. It is paid on Mars. That is all."
    events = list(open_with(data, ListeningModel(reply=reply)).stream(QUESTION))
    checked = [event for event in events if isinstance(event, SentencesEvent)]
    assert [len(event.sentences) for event in checked] == [1, 2]
    assert checked[0].sentences[0].supported
    assert not checked[1].sentences[1].supported
    assert events.index(checked[0]) < len(events) - 2


def test_a_followup_is_retrieved_at_most_twice(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as it stands behind the conversation, once as the model rewrites it; other questions once."""
    history = [Turn(question=QUESTION, answer="16 weeks.")]
    model = ListeningModel(reply="Is parental leave 16 weeks for part-timers?")
    assistant = open_with(data, model)
    searches: list[str] = []

    def count(
        snapshot: Snapshot, embedder: Embedder, query: str, *rest: Any, **options: Any
    ) -> Any:
        searches.append(query)
        return retrieve(snapshot, embedder, query, *rest, **options)

    monkeypatch.setattr("rag.answering.question_search.retrieve", count)
    events = list(assistant.stream("And for part-timers?", history=history))
    retrievals = [event for event in events if isinstance(event, RetrievalEvent)]
    assert [event.is_final for event in retrievals] == [False, True]
    assert len(searches) <= 2
    searches.clear()
    list(assistant.stream("How long may a colleague stay in the canteen?", history=history))
    assert len(searches) == 1


def test_what_is_searched_for_has_its_earlier_name_too(data: Path) -> None:
    """`searched` gives the text, which the model rewrites only where that is asked for."""
    history = [Turn(question=QUESTION, answer="16 weeks.")]
    assistant = open_with(data, ListeningModel(reply="Is parental leave 16 weeks for part-timers?"))
    followup = "And for part-timers?"
    assert assistant.searched(followup, history) == assistant.search_query(followup, history).text
    rewritten = assistant.searched(followup, history, ask_model=True)
    assert rewritten == "Is parental leave 16 weeks for part-timers?"


def test_a_model_of_the_developer_s_own_that_fails_still_leaves_the_passages(data: Path) -> None:
    """Whatever it raises; what it wrote until then was checked."""
    model = ListeningModel(reply="Parental leave is 16 weeks.", error="out of luck\nat line 3")
    answer = open_with(data, model).ask(QUESTION)
    assert answer.status is Status.MODEL_UNAVAILABLE
    assert answer.notice == "The language model failed: out of luck"
    assert answer.sentences[0].supported
    assert answer.context.cited


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (ListeningModel(), "listening"),
        (FakeListChatModel(responses=["Parental leave is 16 weeks."]), "FakeListChatModel"),
    ],
)
def test_the_answer_names_the_model_that_gave_it(
    data: Path, model: BaseChatModel, name: str
) -> None:
    """Not the configured one, when a developer passed another."""
    assert open_with(data, model).ask(QUESTION).model == name


def test_a_new_generation_is_seen_at_the_next_question(handbook: Path, tmp_path: Path) -> None:
    folder, data = shutil.copytree(handbook, tmp_path / "docs"), tmp_path / "data"
    ingest([folder], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    assistant = replying(data, "x")
    (folder / "leave.md").unlink()
    (folder / "new.md").write_text("Zebras are striped.\n")
    ingest([folder], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    uris = {hit.uri for hit in assistant.search("Zebras and parental leave", k=50)}
    assert str(folder / "new.md") in uris
    assert str(folder / "leave.md") not in uris
    assert assistant.generation == 2


def test_threads_may_share_an_assistant(data: Path) -> None:
    assistant = open_with(data, ListeningModel())
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(assistant.ask(QUESTION))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [Status.GROUNDED] * 6
    assert len({answer.citations for answer in answers}) == 1


# LangChain


def test_it_is_a_retriever_in_a_langchain_chain(data: Path, handbook: Path) -> None:
    """`as_retriever()` fits between a question and a prompt; metadata says where a passage stands."""
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnablePassthrough

    model = ListeningModel()
    assistant = open_with(data, model)

    def joined(documents: Sequence[Any]) -> str:
        return "\n".join(document.page_content for document in documents)

    chain = (
        {"context": assistant.as_retriever(k=2) | joined, "question": RunnablePassthrough()}
        | ChatPromptTemplate.from_template("{context}\nQ: {question}")
        | model
        | StrOutputParser()
    )
    assert chain.invoke(QUESTION) == "Parental leave is 16 weeks."
    documents = assistant.as_retriever(k=2).invoke(QUESTION)
    hits = assistant.search(QUESTION, k=2)
    assert [document.page_content for document in documents] == [hit.text for hit in hits]
    assert documents[0].metadata["source"] == str(handbook / "leave.md")
    assert documents[0].metadata["start"] == hits[0].start
    assert documents[0].metadata["rank"] == 1


def test_a_retriever_keeps_to_its_filter(data: Path, handbook: Path) -> None:
    only = Filter(folders=(str(handbook / "office"),))
    documents = replying(data, "x").as_retriever(filter=only).invoke(QUESTION)
    assert [document.metadata["title"] for document in documents] == ["Berlin"]


def test_what_is_shown_as_the_answer_is_not_beside_the_point(data: Path) -> None:
    """A model that says what the first extract says has answered, however small it is."""
    model = ListeningModel(reply="Parental leave is 16 weeks.", model_name="smollm2-135m-instruct")
    answer = open_with(data, model).ask(QUESTION)
    extracts = {(extract.uri, extract.start) for extract in answer.extracts}
    assert {(citation.uri, citation.start) for citation in answer.citations} & extracts
    assert not answer.sentences[0].is_beside_the_point


def test_a_followup_s_extracts_answer_the_followup(data: Path) -> None:
    """The search stands on the earlier question and its answer, the extracts on the two questions, or on the
    last alone where that asks for something else."""
    assistant = open_with(data, ListeningModel())
    history = [Turn(question=QUESTION, answer="Parental leave is 16 weeks.")]
    query = assistant.search_query("And where is the office?", history)
    assert query.text == f"{QUESTION} Parental leave is 16 weeks. And where is the office?"
    assert query.focus == "And where is the office?"
    assert assistant.search_query("And for adopted children?", history).focus == (
        f"{QUESTION} And for adopted children?"
    )
    assert assistant.search_query("Where is the office of the company?", history).focus == ""


def test_dots_without_end_are_not_looked_through_at_every_one(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes the model write them would keep a processor for as long as their number's square."""
    lengths = []

    def counting(text: str) -> Iterator[tuple[int, int]]:
        lengths.append(len(text))
        return spans(text)

    monkeypatch.setattr("rag.answering.answer_builder.sentences.spans", counting)
    dots = ". " * 1_500
    assert replying(data, dots).ask("How long is parental leave?").text == dots.strip()
    assert sum(lengths) < 200 * len(dots)
