"""A document is found, quoted and counted only for those who may read it, from the next run on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ingest import IngestReport, ingest
from ingest.errors import MissingRulesError
from rag import Assistant
from rag.errors import UsageError
from rag.index import Filter
from rag.index.maintenance.rollback import rollback
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.rag.server import ModelServer

CANARY = "zanzibar"
DOCUMENTS = {
    "news.md": "# News\n\nThe canteen opens at noon. Everybody may know that.\n",
    "hr/pay.md": f"# Pay {CANARY}\n\nThe {CANARY} bonus is 5,000 euros, which the board has decided.\n",
    "hr/board/plan.md": f"# Plan {CANARY}\n\nThe {CANARY} plan closes the canteen in May.\n",
    "it/wifi.md": "# Wifi\n\nThe password of the canteen is on the door.\n",
}
HR, BOARD, BOTH = ("hr",), ("board",), ("hr", "board")


class RestrictedFolder:
    """A folder, its index, and rules that change."""

    def __init__(self, home: Path) -> None:
        self.docs, self.data = home / "docs", home / "data"
        for name, text in DOCUMENTS.items():
            path = self.docs / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.utime(path, (1.6e9, 1.6e9))
        self.rules: dict[str, list[str]] = {}

    def ingest(self, **options: Any) -> IngestReport:
        self.embedder = HashingEmbedder()
        rules = [{"glob": glob, "readers": names} for glob, names in self.rules.items()]
        settings = Settings.model_validate({"access": {"rules": rules}})
        return ingest(
            self.docs,
            data_dir=self.data,
            settings=settings,
            embedder=self.embedder,
            **options,
        )

    def open(self, **options: Any) -> Assistant:
        return Assistant.open(
            self.data,
            settings=options.pop("settings", Settings()),
            embedder=HashingEmbedder(),
            **options,
        )

    def found(self, *tokens: str, query: str = f"{CANARY} canteen") -> set[str]:
        """The files that somebody with these tokens finds."""
        hits = self.open().for_readers(tokens).search(query, k=50)
        return {os.path.relpath(hit.uri, self.docs) for hit in hits}


@pytest.fixture
def house(tmp_path: Path) -> RestrictedFolder:
    return RestrictedFolder(tmp_path)


@pytest.fixture
def closed(house: RestrictedFolder) -> RestrictedFolder:
    """hr/ for hr, hr/board/ for those who are both, the rest for everybody."""
    house.rules = {"/**": ["*"], "**/hr/**": ["hr"], "**/board/**": ["board", "hr"]}
    (house.docs / "hr/board/.inhouse-readers").write_text("board\n")
    house.ingest()
    return house


def test_each_finds_what_they_may_read(closed: RestrictedFolder) -> None:
    """The file of readers and the rules have to agree: hr and board have nobody in common here."""
    public = {"news.md", "it/wifi.md"}
    assert closed.found("*") == public
    assert closed.found("board") == public
    assert closed.found("hr") == public | {"hr/pay.md"}
    assert closed.found() == set()
    everything = closed.open().search(CANARY, k=50)
    assert {os.path.relpath(hit.uri, closed.docs) for hit in everything} == set(DOCUMENTS)


def test_nothing_leaks_to_those_who_may_not_read_it(closed: RestrictedFolder) -> None:
    """No hit, no text, no title, no name of a file, no count, no number of an answer's passages."""
    for tokens in (("*",), ("stranger",), ("it", "group:hr", "HR", "hr2"), ()):
        assistant = closed.open().for_readers(tokens)
        visible = 2 if tokens else 0
        assert assistant.document_count == visible
        assert assistant.chunk_count == visible
        for query in (CANARY, f"{CANARY} bonus euros board", "Pay", "plan closes May", "canteen"):
            for k in (1, 2, 50):
                hits = assistant.search(query, k=k)
                assert len(hits) <= visible
                assert not _mentions(json.dumps([hit.model_dump(mode="json") for hit in hits]))
            documents = assistant.as_retriever(k=50).invoke(query)
            assert not _mentions(repr(documents))


def _mentions(text: str) -> bool:
    return any(word in text for word in (CANARY, "hr/", "board", "bonus", "5,000", "May"))


def test_the_model_is_never_given_what_the_asker_may_not_read(closed: RestrictedFolder) -> None:
    """Every byte that the model server is sent for a stranger, and every byte of the answer."""
    with ModelServer() as server:
        settings = Settings.model_validate({"llm": {"url": server.url}})
        assistant = closed.open(settings=settings)
        question = "What does the board plan for the canteen, and which bonus?"
        answer = assistant.for_readers(["*"]).ask(question)
        assert answer.context.read or answer.context.cited
        assert not _mentions(json.dumps(answer.to_json()).replace(question, ""))
        sent = json.dumps(server.requests).replace(question, "")
        assert "canteen" in sent
        assert not _mentions(sent)
        assert CANARY in json.dumps(assistant.for_readers(["hr"]).ask(question).to_json())


def test_no_filter_widens_what_an_assistant_is_for(closed: RestrictedFolder) -> None:
    bound = closed.open().for_readers(["board"])
    for wider in (Filter(), Filter(readers=frozenset(BOTH)), Filter(readers=frozenset(HR)),
                  Filter(folders=(str(closed.docs / "hr"),))):  # fmt: skip
        assert not _mentions(repr(bound.search(CANARY, k=50, filter=wider)))
    again = bound.for_readers(["hr", "*"])
    assert not _mentions(repr(again.search(CANARY, k=50)))
    assert len(again.search("canteen", k=50)) == 2
    assert bound.for_readers([]).search("canteen", k=50) == []


@pytest.mark.parametrize("token", ["", " ", "a,b", "a\nb", "x" * 201])
def test_what_cannot_be_a_token_is_refused(closed: RestrictedFolder, token: str) -> None:
    """Rather than read as somebody else."""
    with pytest.raises(UsageError, match="That is no reader"):
        closed.open().for_readers([token])


def test_a_change_of_rules_alone_reads_and_embeds_nothing(closed: RestrictedFolder) -> None:
    """Its documents count as updated, and stand under new readers; then nothing is left to do."""
    closed.rules["**/hr/**"] = ["people"]
    report = closed.ingest()
    assert (report.updated, report.unchanged, report.chunks_embedded) == (1, 3, 0)
    assert closed.embedder.texts == []
    assert report.generation == 2
    assert closed.found("hr") == {"news.md", "it/wifi.md"}
    assert "hr/pay.md" in closed.found("people")
    before = (closed.data / "catalog.db").read_bytes()
    again = closed.ingest()
    assert (again.generation, again.unchanged) == (2, 4)
    assert (closed.data / "catalog.db").read_bytes() == before


def test_the_first_rule_closes_what_it_does_not_name_and_the_last_one_opens_it(
    house: RestrictedFolder,
) -> None:
    house.ingest()
    assert house.found("anybody") == set(DOCUMENTS)
    house.rules = {"**/it/**": ["it"]}
    assert house.ingest().updated == 4
    assert house.found("it") == {"it/wifi.md"}
    assert house.found("anybody", query="canteen") == set()
    house.rules = {}
    with pytest.raises(MissingRulesError):
        house.ingest()
    house.ingest(replace_rules=True)
    assert house.found("anybody") == set(DOCUMENTS)


def test_a_changed_file_and_a_moved_one_take_the_rules_of_their_place(
    closed: RestrictedFolder,
) -> None:
    """A copy of a secret file in an open folder is open: the place decides, not the content."""
    (closed.docs / "hr/pay.md").write_text(f"# Pay\n\nThe {CANARY} bonus is gone.\n")
    (closed.docs / "it/wifi.md").rename(closed.docs / "hr/wifi.md")
    closed.ingest()
    assert closed.found("*", query=f"{CANARY} password canteen") == {"news.md"}
    assert closed.found("hr", query="password") >= {"hr/wifi.md", "hr/pay.md"}


def test_a_right_is_taken_away_even_if_the_run_is_stopped(closed: RestrictedFolder) -> None:
    """Before anything is read, and in what is published when the run ends early."""
    closed.rules["**/hr/**"] = []
    for number in range(5):
        (closed.docs / f"new{number}.md").write_text(f"# New {number}\n")
    rules = [{"glob": glob, "readers": names} for glob, names in closed.rules.items()]
    ingest(
        closed.docs, data_dir=closed.data, embedder=HashingEmbedder(), stopped=lambda: True,
        settings=Settings.model_validate({"access": {"rules": rules}}),
    )  # fmt: skip
    assert not closed.found("hr") & {"hr/pay.md"}


def test_a_file_that_cannot_be_read_just_now_takes_new_rules_all_the_same(
    closed: RestrictedFolder,
) -> None:
    """Its earlier version stays in the index, for those who may read it now."""
    path = closed.docs / "hr/pay.md"
    path.write_text(f"# Pay\n\nThe {CANARY} bonus has changed.\n")
    closed.rules["**/hr/**"] = ["people"]
    rules = [{"glob": glob, "readers": names} for glob, names in closed.rules.items()]

    class FileRemover:
        def start(self, stage: str, total: int) -> None:
            path.unlink()

        def advance(self, done: int = 1, *, chunks: int = 0) -> None:
            pass

    report = ingest(
        closed.docs, data_dir=closed.data, embedder=HashingEmbedder(), progress=FileRemover(),
        settings=Settings.model_validate({"access": {"rules": rules}}),
    )  # fmt: skip
    assert len(report.failed) == 1
    assert "hr/pay.md" not in closed.found("hr")
    assert "hr/pay.md" in closed.found("people")


def test_going_back_does_not_give_back_a_right(closed: RestrictedFolder) -> None:
    """An old state is published for those who may read it today."""
    closed.rules["**/hr/**"] = ["people"]
    closed.ingest()
    rollback(closed.data, 1)
    assert not _mentions(repr(closed.open().for_readers(["hr"]).search(CANARY, k=50)))
    assert closed.found("people") == closed.found("*"), "who had no right then gets none now"
    closed.ingest()
    assert "hr/pay.md" in closed.found("people")


def test_an_answer_of_the_command_line_is_for_whom_it_is_asked(
    closed: RestrictedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--as`, once or several times; without it the operator, who may read everything."""
    from click.testing import CliRunner

    import rag.assistant
    from ui.cli import cli

    monkeypatch.setattr(rag.assistant, "open_embedder", lambda *_: HashingEmbedder())

    def search(*arguments: str) -> set[str]:
        done = CliRunner().invoke(
            cli, ["search", CANARY, "--json", "--data", str(closed.data), "-k", "50", *arguments]
        )
        assert done.exit_code == 0, done.output
        return {os.path.relpath(hit["uri"], closed.docs) for hit in json.loads(done.stdout)}

    public = {"news.md", "it/wifi.md"}
    assert search() == set(DOCUMENTS)
    assert search("--as", "*") == public
    assert search("--as", "it", "--as", "hr") == public | {"hr/pay.md"}


def test_groups_of_askers_share_no_prefix_cache_of_the_model_server(
    closed: RestrictedFolder,
) -> None:
    """vLLM shares what it has computed only among requests of one salt; other servers are sent none."""
    with ModelServer() as server:
        settings = Settings.model_validate({"llm": {"url": server.url}})

        def salts(owner: str) -> list[str | None]:
            server.owner = owner
            assistant = closed.open(settings=settings)
            for tokens in (["hr"], ["it"], ["it", "*"], ["hr"]):
                assistant.for_readers(tokens).ask("When does the canteen open?")
            assistant.ask("When does the canteen open?")
            sent = [
                request.get("cache_salt") for request in server.requests if "messages" in request
            ]
            server.requests.clear()
            return sent

        hr, it, also_it, again, everything = salts("vllm")
        assert hr
        assert it
        assert hr == again != it
        assert also_it == it
        assert everything is None
        assert set(salts("somebody")) == {None}
