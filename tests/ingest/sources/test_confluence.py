"""A source of kind confluence, with a server that answers as Cloud and as Data Center do."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ingest.parsers.html import parse_html
from ingest.sources.confluence_page import storage_to_html
from rag import Assistant
from rag.errors import ConfigurationError
from rag.testing import HashingEmbedder
from tests.ingest.sources.wiki import TOKEN, Wiki
from tests.ingest.sources.world import SourceHome

STORAGE = """
<p>Fill&nbsp;in the <ac:link><ri:page ri:content-title="Leave form" /></ac:link>, then call
<ac:link><ri:page ri:content-title="HR" />
<ac:plain-text-link-body><![CDATA[the <office>]]></ac:plain-text-link-body>
</ac:link> before <time datetime="2025-03-01" />.</p>
<ac:structured-macro ac:name="toc"><ac:parameter ac:name="maxLevel">2</ac:parameter></ac:structured-macro>
<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">sh</ac:parameter>
<ac:plain-text-body><![CDATA[if [ $a < 3 ]; then
  echo "&amp; <b>"
fi]]></ac:plain-text-body></ac:structured-macro>
<ac:structured-macro ac:name="info"><ac:parameter ac:name="title">Careful</ac:parameter>
<ac:rich-text-body><p>The form is <ac:structured-macro ac:name="status">
<ac:parameter ac:name="colour">Red</ac:parameter><ac:parameter ac:name="title">OLD</ac:parameter>
</ac:structured-macro></p></ac:rich-text-body></ac:structured-macro>
<table><tbody><tr><th>Years</th><th>Days</th></tr><tr><td><p>5</p></td><td><p>28</p></td></tr></tbody></table>
<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>complete</ac:task-status>
<ac:task-body>Print it</ac:task-body></ac:task></ac:task-list>
"""


@pytest.fixture
def wiki() -> Iterator[Wiki]:
    """A home page, a tree of three below it, and pages beside them."""
    wiki = Wiki()
    wiki.put("1", "Human resources")
    wiki.put("2", "Leave", parent="1")
    wiki.put("3", "Parental leave", STORAGE, parent="2")
    for number in range(10, 15):
        wiki.put(str(number), f"Note {number}", parent="1")
    yield wiki
    wiki.close()


@pytest.fixture(params=["v1", "v2"])
def confluence(
    request: pytest.FixtureRequest, tmp_path: Path, wiki: Wiki, monkeypatch: pytest.MonkeyPatch
) -> SourceHome:
    """The source that reads it, by each version of the interface."""
    monkeypatch.setenv("WIKI_TOKEN", TOKEN)
    return SourceHome(
        tmp_path, kind="confluence", name="hr", url=wiki.url, api=request.param, token={"env": "WIKI_TOKEN"},
        allow_private=True, space_readers={"HR": ["group:staff"]},
    )  # fmt: skip


def test_pages_are_followed(confluence: SourceHome, wiki: Wiki) -> None:
    """Through every page of the list; a second run reads nothing, changes and deletions are seen."""
    report = confluence.ingest()
    assert (report.added, report.exit_code, wiki.reads()) == (8, 0, 8)
    report = confluence.ingest()
    assert (report.unchanged, report.chunks_embedded, wiki.reads()) == (8, 0, 0)
    wiki.put("10", "Note 10", "<p>Other words altogether.</p>", parent="1", version=2)
    del wiki.pages["11"]
    report = confluence.ingest()
    assert (report.updated, report.deleted, report.unchanged, wiki.reads()) == (1, 1, 6, 1)


def test_a_title_names_what_is_above(confluence: SourceHome, wiki: Wiki) -> None:
    """A renamed parent is followed; the address of the page stands in the hit."""
    confluence.ingest()
    assistant = Assistant.open(confluence.data, embedder=HashingEmbedder())
    hit = assistant.search("fill in the leave form", k=1)[0]
    assert (hit.uri, hit.title) == ("confluence://hr/HR/3", "Leave › Parental leave")
    assert str(hit.metadata["url"]).startswith(f"{wiki.url}/")
    wiki.pages["2"].title, wiki.pages["2"].version = "Absence", 2
    confluence.ingest()
    hit = Assistant.open(confluence.data, embedder=HashingEmbedder()).search("leave form", k=1)[0]
    assert hit.title == "Absence › Parental leave"


def test_restrictions_are_readers(confluence: SourceHome, wiki: Wiki) -> None:
    """Of the page and of all above it; a change of them alone is followed, and embeds nothing."""
    wiki.pages["2"].readers = (("group", "hr"), ("user", "ada"))
    wiki.pages["3"].readers = (("group", "hr"), ("group", "board"))
    wiki.pages["10"].readers = (("user", "ada"),)
    wiki.pages["11"].readers = (("group", "a, b"),)
    confluence.ingest()
    readers = confluence.readers()
    assert readers["HR/1"] == ("group:staff",)
    assert readers["HR/2"] == ("group:hr", "user:ada")
    assert readers["HR/3"] == ("group:hr",)
    assert (readers["HR/10"], readers["HR/11"]) == (("user:ada",), ())
    wiki.pages["10"].readers = (("user", "bob"),)
    assert confluence.ingest().chunks_embedded == 0
    assert confluence.readers()["HR/10"] == ("user:bob",)
    del confluence.settings["space_readers"]
    confluence.ingest()
    assert confluence.readers()["HR/1"] == (), "nobody said who may read the space"


def test_a_folder_restricts_what_is_in_it(confluence: SourceHome, wiki: Wiki) -> None:
    """It is no page and in no list; below what this account is not shown, nobody reads."""
    wiki.put("50", "Pay", parent="1", kind="folder", readers=(("group", "board"),))
    wiki.put("51", "Bonus", parent="50")
    wiki.put("52", "Secret", parent="99")
    wiki.statuses["/wiki/rest/api/content/99/restriction/byOperation/read"] = (404, {})
    confluence.ingest()
    assert confluence.readers()["HR/51"] == ("group:board",)
    assert confluence.readers()["HR/52"] == ()


def test_a_fault_deletes_nothing(confluence: SourceHome, wiki: Wiki) -> None:
    """An expired token, a rate limit, a server that dies: a sentence, a code and a ledger entry each."""
    confluence.ingest()
    wiki.token = "another"
    expect_fault(confluence, "does not accept the credentials, or they have expired")
    wiki.token = TOKEN
    first = "/wiki/rest/api/space" if confluence.settings["api"] == "v1" else "/wiki/api/v2/spaces"
    wiki.statuses[first] = (429, {"Retry-After": "900"})
    expect_fault(confluence, "asks to wait (a rate limit); the next run tries again")
    wiki.statuses[first] = (200, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"})
    expect_fault(confluence, "does not accept the credentials, or they have expired")
    wiki.statuses[first] = (302, {"Location": "https://id.example.org/login"})
    expect_fault(confluence, "does not accept the credentials, or they have expired: it leads to")
    wiki.statuses.clear()
    wiki.requests.clear()
    wiki.dies_after = 3
    expect_fault(confluence, "does not answer")
    wiki.dies_after = None
    assert confluence.ingest().unchanged == 8
    confluence.settings["spaces"] = ["HR", "IT"]
    expect_fault(confluence, "has no space IT, or this account may not see it")


def expect_fault(home: SourceHome, reason: str) -> None:
    """Nothing is changed, and why is said once."""
    report = home.ingest()
    assert (report.changes, report.exit_code, len(home.readers())) == (0, 1, 8)
    assert reason in report.roots[0].reason
    assert TOKEN not in report.roots[0].reason
    assert home.states()[""] == "failed"


def test_a_short_wait_is_waited(confluence: SourceHome, wiki: Wiki) -> None:
    """A server that says when to come back is asked again then."""
    wiki.at_once = 100
    first = "/wiki/rest/api/space" if confluence.settings["api"] == "v1" else "/wiki/api/v2/spaces"
    wiki.statuses[first] = (429, {"Retry-After": "0"})
    report = confluence.ingest()
    assert (report.exit_code, wiki.requests[first]) == (1, 4)


def test_one_page_that_is_not_given_stops_no_other(confluence: SourceHome, wiki: Wiki) -> None:
    """It is listed as failed, and its earlier version stays."""
    kind = "rest/api/content" if confluence.settings["api"] == "v1" else "api/v2/pages"
    wiki.statuses[f"/wiki/{kind}/10"] = (403, {})
    report = confluence.ingest()
    assert (report.added, report.exit_code) == (7, 3)
    assert report.failed[0].reason == "was not given: this account may not read it"


def test_the_storage_format_keeps_its_words() -> None:
    """Code with its lines, panels, tables, tasks and the words of links; a table of contents is nothing."""
    document = parse_html(storage_to_html(STORAGE, "Parental leave").encode())
    lines = [line for line in document.text.splitlines() if line]
    assert document.title == "Parental leave"
    assert lines == [
        "# Parental leave",
        "Fill in the Leave form, then call the <office> before 2025-03-01.",
        "if [ $a < 3 ]; then",
        '  echo "&amp; <b>"',
        "fi",
        "Careful",
        "The form is OLD",
        "| Years | Days |",
        "| --- | --- |",
        "| 5 | 28 |",
        "- [x] Print it",
    ]


@pytest.mark.parametrize(
    "storage", ["<p>a<![CDATA[b", "</ac:structured-macro>", "<ac:parameter>", "<br/>" * 9]
)
def test_a_broken_page_is_read_as_far_as_it_goes(storage: str) -> None:
    """Nothing that a page says ends the run."""
    assert storage_to_html(f"<p>Before.</p>{storage}", "T").count("Before.") == 1


@pytest.mark.parametrize("sign", ["<a ", "<!--", "<a b='", "</a"])
def test_tags_without_end_are_read_once(sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's parser looks at the rest anew for each of them: minutes for a page of some hundred kB."""
    calls = []

    def counting(reader: HTMLParser, end: bool) -> None:
        calls.append(end)
        return original(reader, end)  # type: ignore[attr-defined, no-any-return]

    original = HTMLParser.goahead  # type: ignore[attr-defined]
    monkeypatch.setattr(HTMLParser, "goahead", counting)
    page = storage_to_html("<p>Before.</p>" + sign * 100_000, "T")
    assert "Before." in page
    assert calls == [0]  # `close` would look with `end`, which takes the square of the length


def test_two_ways_to_sign_in_are_refused(confluence: SourceHome) -> None:
    """It could not be said which of them is meant."""
    confluence.settings["password"] = {"env": "WIKI_TOKEN"}
    with pytest.raises(ConfigurationError, match="give a token or a password"):
        confluence.ingest()
