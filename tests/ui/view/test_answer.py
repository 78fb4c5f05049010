"""The view: what the answer says is on the page, and nothing of it is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from rag.answer import Answer, Context, Grade, RetrievalEvent, Sentence, Status, Verdict
from rag.hit import Place
from tests.ui.stand_in import (
    GUESSED,
    HITS,
    make_answer,
    make_citation,
    make_extract,
    make_hit,
)
from ui.messages.page import ENGLISH
from ui.view import answer as view
from ui.view import evidence, markup
from ui.view.extracts import extract_list
from ui.view.headline import find_verdict

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</div></h2><svg onload=alert(1)>",
    "![x](https://evil.example/x.png)",
    "![x][r]\n\n[r]: https://evil.example/x.png",
    "[click](javascript:alert(1))",
    "<https://evil.example>",
    "<a href=\"javascript:alert(1)\" onclick='x'>a</a>",
    '" onmouseover="alert(1)',
    "`<b>` **<i onclick=x>** *<u>*",
    "&lt;script&gt; &#60;script&#62;",
    "$$x$$ {{value}} ${value} <!-- --> ]]> \x00\x1b[31m \ud800",
    "## Heading\n\n    indented\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n",
]
TAGS = {"div", "h2", "h3", "p", "span", "a", "strong", "em", "code", "ol", "ul", "li"}
TAGS |= {"blockquote", "mark", "details", "summary", "br", "pre"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"class", "id", "href", "scope"}


class Read(HTMLParser):
    """The tags, attributes and text that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_safe(html: str) -> Read:
    read = Read(html)
    assert read.tags <= TAGS
    assert {name for name, _ in read.attributes} <= ATTRIBUTES
    assert all(
        re.fullmatch(r"#(e\d+(-s\d+)?|act/[a-z]+(/[\w-]+/\d+)?|source/[\w/-]+)", value or "")
        for name, value in read.attributes
        if name == "href"
    )
    assert not re.search(r"[\n\r\t]", html), "a Markdown renderer would read more than one line"
    return read


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_wherever_it_comes_from(text: str) -> None:
    hit = make_hit(1, text, title=text, uri=f"/srv/{text}", section=text)
    citation = make_citation(1, hit, hit.text)
    answer = Answer(
        question=text,
        text=text,
        status=Status.PARTIAL,
        sentences=(
            Sentence(text=text, supported=False),
            Sentence(text=text, supported=True, citations=(1,), grade=Grade.VERBATIM),
        ),
        extracts=(
            make_extract(hit),
            make_extract(hit).model_copy(update={"fields": {text: text, "b": text}}),
        ),
        citations=(citation,),
        context=Context(cited=(hit,), read=(hit,), retrieved=(hit,)),
        model=text,
        notice=text,
        searched=f"{text} {text}",
    )
    retrieval = RetrievalEvent(hits=(hit,), generation=1, extracts=answer.extracts)
    pages = [
        view.render_searching(1, text, ENGLISH),
        view.render_quotes(1, text, retrieval, ENGLISH),
        view.render_writing(1, text, answer.sentences, retrieval, ENGLISH),
        view.render_stopped(1, answer, ENGLISH),
        view.render_failed(1, text, text, ENGLISH),
        view.render_answer(1, answer, ENGLISH),
        evidence.render_passages(1, text, (hit,), ENGLISH),
        evidence.render_evidence(1, answer, ENGLISH),
    ]
    for page in pages:
        assert_safe(page)


@pytest.mark.parametrize("text", HOSTILE[:-2])
def test_a_passage_is_shown_letter_for_letter(text: str) -> None:
    html = assert_safe(evidence.render_passages(1, "q", (make_hit(1, text),), ENGLISH)).text
    assert "".join(text.split()) in "".join(html.split())


def test_marks_that_reorder_text_are_taken_out_of_names() -> None:
    assert markup.escape_name("invoice\u202egpj.exe") == "invoicegpj.exe"


def test_each_sentence_carries_its_chips_and_an_unsupported_one_says_so() -> None:
    html = view.render_answer(4, make_answer("q", Status.PARTIAL), ENGLISH)
    front, folded = html.split('<details class="model-text">')
    assert front.count('class="chip ') == 2
    assert 'href="#e4-s1"' in front
    assert 'href="#e4-s2"' in front
    assert GUESSED.text not in front
    assert folded.count('class="tag"') == 1
    assert "<strong>16 weeks</strong>" in html


@pytest.mark.parametrize(
    "text",
    [
        "The box is 5*3*2 cm.",
        "Use M6*20*1, __init__.py and __main__, 10**6 and 2**3.",
        "Set `cfg[1]` and row_2[0] and my_own_name.",
    ],
)
def test_signs_that_are_no_emphasis_are_shown_as_typed(text: str) -> None:
    html = view.render_unchecked_text(text)
    assert text.replace("`", "") in Read(html).text


def test_bold_words_stay_bold() -> None:
    assert "<strong>16 weeks</strong>" in markup.render_emphasis("It is **16 weeks**, *not* more.")
    assert "是<strong>重要</strong>的" in markup.render_emphasis("是**重要**的")


def test_a_block_of_code_is_shown_with_its_lines_and_without_its_language() -> None:
    block = "```sh\nctl stop\nctl start --now x[1]\n```"
    said = make_answer("q", Status.UNSUPPORTED).model_copy(
        update={
            "text": f"Run:\n\n{block}",
            "sentences": (GUESSED.model_copy(update={"text": block}),),
        }
    )
    html = view.render_answer(1, said.model_copy(update={"verdict": Verdict.QUOTED}), ENGLISH)
    assert "<code>ctl stop&#10;ctl start --now x[1]</code>" in html


@pytest.mark.parametrize("verdict", Verdict)
def test_verdict_words(verdict: Verdict) -> None:
    """What an answer comes to is said in plain words."""
    label, why = ENGLISH.verdicts[verdict]
    answer = make_answer("q", Status.UNSUPPORTED).model_copy(update={"verdict": verdict})
    text = Read(view.render_answer(1, answer, ENGLISH)).text
    assert label in text
    assert why in text


@pytest.mark.parametrize("status", Status)
def test_status_without_verdict(status: Status) -> None:
    """An answer that was stored before there were verdicts has a headline too."""
    text = Read(view.render_answer(1, make_answer("q", status), ENGLISH)).text
    assert any(label in text for label, _ in ENGLISH.verdicts.values())


def test_unsupported_text_never_stands_in_front() -> None:
    """The documents' words are the answer; what the model invented is folded away behind them."""
    answer = make_answer("q", Status.UNSUPPORTED).model_copy(update={"verdict": Verdict.QUOTED})
    html = view.render_answer(1, answer, ENGLISH)
    front, folded = html.split('<details class="model-text">')
    assert answer.extracts[0].text in Read(front).text
    assert GUESSED.text not in Read(front).text
    assert GUESSED.text in Read(folded).text
    assert ENGLISH.model_text in Read(folded).text


def test_a_wrong_refusal_does_not_stand_above_the_documents() -> None:
    """Where the documents answer, the model's "they do not say" is not shown."""
    answer = make_answer("q", Status.NOT_IN_DOCUMENTS)
    right = answer.model_copy(update={"verdict": Verdict.NOT_IN_DOCUMENTS})
    wrong = answer.model_copy(update={"verdict": Verdict.QUOTED})
    assert answer.text in Read(view.render_answer(1, right, ENGLISH)).text
    assert answer.text not in Read(view.render_answer(1, wrong, ENGLISH)).text


def test_what_the_model_invents_is_not_taken_for_a_refusal() -> None:
    """Where the documents are too far from a question to say anything, an invented answer is folded away."""
    invented = make_answer("q", Status.UNSUPPORTED).model_copy(
        update={"status": Status.NOT_IN_DOCUMENTS, "verdict": Verdict.NOT_IN_DOCUMENTS}
    )
    assert invented.sentences[0].grade is Grade.NOT_FOUND
    html = view.render_answer(1, invented, ENGLISH)
    before, _, folded = html.partition('<details class="model-text">')
    assert GUESSED.text not in Read(before).text
    assert GUESSED.text in Read(folded).text


def test_unbacked_sentences_are_not_shown_while_writing() -> None:
    answer = make_answer("q", Status.PARTIAL)
    retrieval = RetrievalEvent(hits=HITS, generation=1, extracts=answer.extracts)
    text = Read(view.render_writing(1, "q", answer.sentences, retrieval, ENGLISH)).text
    assert "two years" in text
    assert GUESSED.text not in text


def test_row_extract_shows_columns() -> None:
    """A table row is shown with its label, the names of its columns and its table's title."""
    row = make_extract(HITS[0]).model_copy(
        update={
            "text": "Pumps\nPrice EUR: 611 · Weight kg: 6.3",
            "fields": {"1": "Sump pump", "Price EUR": "611", "Weight kg": "6.3"},
        }
    )
    text = " ".join(
        Read(extract_list([row], ENGLISH, evidence.Shelf(), is_answer=True)).text.split()
    )
    assert "Pumps" in text
    assert "Sump pump Price EUR: 611" in text
    assert "1:" not in text
    assert "Weight kg: 6.3" in text


def test_what_was_searched_for_is_told_where_it_is_not_the_question() -> None:
    answer = make_answer("And then?", Status.GROUNDED)
    whole = answer.model_copy(update={"searched": "How long is it? And then?"})
    line = ENGLISH.searched_for.format(text=whole.searched)
    assert line in Read(view.render_answer(1, whole, ENGLISH)).text
    same = answer.model_copy(update={"searched": answer.question})
    assert view.render_answer(1, same, ENGLISH) == view.render_answer(1, answer, ENGLISH)


def test_what_was_searched_for_instead_stands_first() -> None:
    """In another spelling or language the question is another one, and the reader has to see it."""
    answer = make_answer("teh trial perod", Status.GROUNDED)
    corrected = answer.model_copy(update={"searched": "the trial period"})
    text = Read(view.render_answer(1, corrected, ENGLISH)).text
    line = ENGLISH.searched_instead.format(text="the trial period")
    assert text.index(line) < text.index(ENGLISH.verdicts[find_verdict(answer)][0])


def test_no_model() -> None:
    """Whoever reads the documents' own words is not told to start a server."""
    answer = make_answer("q", Status.GROUNDED).model_copy(
        update={
            "status": Status.MODEL_UNAVAILABLE,
            "notice": "No model server answers. Start one with: inhouse serve",
            "extracts": (make_extract(HITS[0]),),
        }
    )
    text = Read(view.render_answer(1, answer, ENGLISH)).text
    assert ENGLISH.without_model in text
    assert "inhouse serve" not in text


def test_a_refusal_needs_no_source() -> None:
    html = view.render_answer(1, make_answer("q", Status.NOT_IN_DOCUMENTS), ENGLISH)
    assert 'class="tag"' not in html


def test_a_model_that_broke_off_is_not_said_to_have_written_nothing() -> None:
    answer = make_answer("q", Status.GROUNDED).model_copy(
        update={"status": Status.MODEL_UNAVAILABLE}
    )
    assert ENGLISH.broke_off in Read(view.render_answer(1, answer, ENGLISH)).text


def test_layout_and_words_of_the_text_survive_and_the_models_own_markers_do_not() -> None:
    text = "Take these:\n\n- One thing [1].\n- Two things [2, 3].\n\nThat is all."
    lines_written = ["Take these:", "One thing.", "Two things.", "That is all."]
    answer = Answer(
        question="q",
        text=text,
        status=Status.GROUNDED,
        sentences=tuple(Sentence(text=line, supported=True) for line in lines_written),
    )
    html = view.render_answer(1, answer, ENGLISH)
    assert html.count('<p class="item">') == 2
    lines = [Read(block).text.strip() for block in re.findall('<p class="(?:item)?">.*?</p>', html)]
    assert lines == lines_written


def test_the_quote_is_marked_where_it_stands_in_its_passage() -> None:
    html = evidence.render_evidence(1, make_answer("q", Status.GROUNDED), ENGLISH)
    assert (
        '<mark class="q2">The leave can be taken in up to three blocks within the first two years.</mark>'
        in html
    )
    assert 'id="e1-s2"' in html
    assert html.count('class="source"') == 1, "two quotes from one passage are one card"
    assert "hr/parental-leave.pdf · page 3 · How long › Paid weeks" in html
    assert "/srv" not in html, "where the folder lies on the server"


def test_a_quote_that_does_not_stand_at_its_span_is_shown_alone() -> None:
    answer = make_answer("q", Status.GROUNDED)
    moved = answer.citations[0].model_copy(update={"start": 0, "end": 5})
    html = evidence.render_evidence(1, answer.model_copy(update={"citations": (moved,)}), ENGLISH)
    assert f"<blockquote><p><mark>{moved.quote}</mark></p></blockquote>" in html


def test_a_long_passage_is_cut_around_its_quote_and_whole_on_demand() -> None:
    words = " ".join(f"word{n}" for n in range(400))
    hit = make_hit(1, words)
    answer = make_answer("q", Status.GROUNDED).model_copy(
        update={
            "citations": (make_citation(1, hit, "word200 word201"),),
            "context": Context(cited=(hit,)),
        }
    )
    html = evidence.render_evidence(1, answer, ENGLISH)
    glance, whole = html.split('<details class="whole">')
    assert "word190" in glance
    assert "word399" not in glance
    assert "word0 " in whole
    assert "word399" in whole


def test_without_citations_the_passages_are_shown_in_rank_order() -> None:
    answer = make_answer("q", Status.UNSUPPORTED)
    html = evidence.render_evidence(1, answer, ENGLISH)
    titles = [hit.title for hit in answer.context.retrieved]
    assert re.findall("<h3>(.*?)</h3>", html) == [markup.escape_name(title) for title in titles]
    assert ENGLISH.passages in html


def test_the_sources_of_what_is_folded_away_are_folded_away_as_well() -> None:
    """What stands in front are the documents' words, so their passages come first."""
    answer = make_answer("How long?", Status.GROUNDED)
    beside = [s.model_copy(update={"is_beside_the_point": True}) for s in answer.sentences]
    changes = {"sentences": tuple(beside), "verdict": Verdict.QUOTED}
    answer = answer.model_copy(update=changes)
    panel = evidence.render_evidence(1, answer, ENGLISH)
    front, _, folded = panel.partition("<details")
    assert f"<h2>{ENGLISH.passages} " in front
    assert 'class="passages"' in front
    assert "e1-s1" not in front
    assert ENGLISH.sources_of_model in folded
    assert 'id="e1-s1"' in folded
    assert ENGLISH.show_passages in view.render_answer(1, answer, ENGLISH)


def test_a_card_names_where_else_the_same_stands_and_the_newer_version() -> None:
    """As links to them where they can be opened; their names are text."""
    others = [Place(uri=f"/srv/{n}.md", title=f"<b>Copy {n}", page=n) for n in range(1, 7)]
    newer = Place(uri="/srv/new.md", title="")
    hit = make_hit(1, "Parents take 16 weeks.", also_in=tuple(others), newer=newer)
    cited = make_answer("q", Status.GROUNDED).model_copy(
        update={
            "citations": (make_citation(1, hit, "16 weeks"),),
            "context": Context(cited=(hit,)),
        }
    )
    shelf = evidence.Shelf(lambda _: "ab")
    for html in (
        evidence.render_passages(1, "q", (hit,), ENGLISH, shelf),
        evidence.render_evidence(1, cited, ENGLISH, shelf),
    ):
        assert f"{ENGLISH.newer_version} <a href=" in html
        assert ">new.md</a>" in html
        assert '/page/4">&lt;b&gt;Copy 4 (4.md), page 4</a> and 2 more' in html
        assert "Copy 5" not in html
        assert "<b>" not in html
    plain = evidence.render_passages(1, "q", (hit,), ENGLISH)
    assert "&lt;b&gt;Copy 1 (1.md), page 1" in plain
    assert "<a " not in plain


def test_nothing_found_is_said() -> None:
    assert ENGLISH.none_found in evidence.render_passages(1, "q", (), ENGLISH)
