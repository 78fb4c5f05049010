"""Chunks: exact spans, nothing lost, nothing too long, cut where the structure allows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE, WordLevel, WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer, Whitespace
from tokenizers.trainers import BpeTrainer

from ingest.chunking.chunker import TokenCounter, chunk
from ingest.chunking.token_counter import token_counter
from ingest.loaded import Block, BlockKind, Line, LoadedDocument, Page
from ingest.loader import load_bytes
from ingest.media_type import MARKDOWN, PLAIN_TEXT
from rag.document import Box, Chunk, squeeze_padding


def count_words(texts: Sequence[str]) -> Sequence[int]:
    """A tokenizer whose tokens a reader can count: words and signs."""
    return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def count_greedily(texts: Sequence[str]) -> Sequence[int]:
    """One that is not additive: a whole has more tokens than its parts together."""
    return [len(text.split()) + len(text) // 40 for text in texts]


def count_characters(texts: Sequence[str]) -> Sequence[int]:
    return [len(text) for text in texts]


COUNTERS: list[Callable[[Sequence[str]], Sequence[int]]] = [
    count_words,
    count_greedily,
    count_characters,
]


def cut(source: str, max_tokens: int = 40, title: str = "T") -> tuple[Chunk, ...]:
    document = load_bytes(source.encode(), MARKDOWN)
    return chunk(document, title=title, max_tokens=max_tokens, count_tokens=count_words)


def check(
    document: LoadedDocument, chunks: Sequence[Chunk], limit: int, count: TokenCounter
) -> None:
    position = 0
    for piece in chunks:
        assert document.text[piece.start : piece.end] == piece.text
        assert piece.text.strip() == piece.text != ""
        assert piece.start >= position
        assert not document.text[position : piece.start].strip()
        assert count([piece.embedded_text])[0] <= limit or len(piece.text) == 1
        position = piece.end
    assert not document.text[position:].strip()


MARKDOWN_LINES = st.sampled_from(
    [
        "# A heading",
        "## Another heading, a long one with many words in it",
        "Short.",
        "A sentence of some length goes here. And a second one! Is there a third? There is.",
        "- an item\n- and one more\n  with a second line",
        "| a | b |\n| - | - |\n| 1 | 2 |\n| three | four |",
        "```\ncode block\n\nwith a gap\n```",
        "word " * 70,
        "x" * 300,
        "日本語の文章です。二つ目の文です。" * 8,
        "",
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.one_of(MARKDOWN_LINES, st.text(max_size=80)), max_size=25),
    st.integers(min_value=8, max_value=120),
    st.sampled_from(COUNTERS),
)
def test_spans_are_exact_nothing_is_lost_and_nothing_is_too_long(
    lines: list[str], max_tokens: int, count: TokenCounter
) -> None:
    source = "\n\n".join(lines).replace("\r", "").replace("\x00", "")
    blocks = tuple(load_bytes(b"# x", MARKDOWN).blocks) if not source.strip() else None
    document = (
        LoadedDocument("", MARKDOWN)
        if blocks
        else LoadedDocument(source, MARKDOWN, blocks=_blocks(source))
    )
    chunks = chunk(document, title="The title", max_tokens=max_tokens, count_tokens=count)
    check(document, chunks, max_tokens, count)


def _blocks(source: str) -> tuple[Block, ...]:
    """The blocks of a text, whatever signs are in it."""
    clean = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", source)
    loaded = load_bytes(clean.encode(), MARKDOWN)
    return loaded.blocks if loaded.text == clean else ()


@given(st.text(max_size=400), st.integers(min_value=4, max_value=60))
def test_a_document_without_blocks_is_cut_all_the_same(text: str, max_tokens: int) -> None:
    """A parser that forgets to say where its blocks are loses no text."""
    document = LoadedDocument(text, PLAIN_TEXT)
    chunks = chunk(document, title="", max_tokens=max_tokens, count_tokens=count_words)
    check(document, chunks, max_tokens, count_words)


@given(
    st.lists(st.text("abc. \n", max_size=60), min_size=1, max_size=8),
    st.integers(min_value=6, max_value=40),
)
def test_a_chunk_stays_on_its_page(pages: list[str], max_tokens: int) -> None:
    text, ranges, blocks = "", [], []
    for number, page in enumerate(pages, 1):
        ranges.append(Page(number, len(text), len(text) + len(page)))
        if page:
            blocks.append(Block(BlockKind.PARAGRAPH, len(text), len(text) + len(page)))
        text += page
    document = LoadedDocument(text, PLAIN_TEXT, blocks=tuple(blocks), pages=tuple(ranges))
    chunks = chunk(document, title="", max_tokens=max_tokens, count_tokens=count_words)
    check(document, chunks, max_tokens, count_words)
    for piece in chunks:
        page = ranges[(piece.page or 0) - 1]
        assert page.start <= piece.start < piece.end <= page.end


def test_context_is_title_and_section_path_and_not_in_the_text() -> None:
    source = (
        "# Leave\n\n" + "Intro words here. " * 9 + "\n\n## Parental\n\n" + "Twelve weeks. " * 15
    )
    last = cut(source)[-1]
    assert last.section == ("Leave", "Parental")
    assert last.context == "T > Leave > Parental"
    assert not last.text.startswith("T >")


def test_a_title_that_is_the_first_heading_is_said_once() -> None:
    (only,) = cut("# Leave\n\nTwenty days.", title="Leave")
    assert only.context == "Leave"


def test_rows_carry_the_header_of_their_table() -> None:
    rows = "\n".join(f"| machine {n} | {n * 100} euro |" for n in range(20))
    chunks = cut(f"| Machine | Price |\n| --- | --- |\n{rows}\n\nAfter.")
    assert len(chunks) > 2
    assert chunks[0].context == "T"
    assert all(piece.context == "T\n| Machine | Price |" for piece in chunks[1:-1])
    assert all(line.startswith("|") for piece in chunks[:-1] for line in piece.text.splitlines())


def test_sentences_stay_whole() -> None:
    source = " ".join(f"Sentence number {n} has exactly seven words." for n in range(30))
    for piece in cut(source):
        assert piece.text.startswith("Sentence")
        assert piece.text.endswith("words.")


def test_a_heading_stays_with_what_follows_it() -> None:
    source = "\n\n".join(f"## Part {n}\n\n{'some more words ' * 9}." for n in range(9))
    for piece in cut(source):
        assert piece.text.startswith("##")
        assert not piece.text.splitlines()[-1].startswith("##")


def test_small_sections_are_packed_together() -> None:
    source = "# All\n\n" + "\n\n".join(f"## Part {n}\n\nTwo words." for n in range(12))
    chunks = cut(source)
    assert len(chunks) <= 4
    assert chunks[1].section == ("All",)


def test_a_long_section_is_cut_evenly() -> None:
    """No chunk of 40 and then a crumb of 2."""
    source = " ".join(f"Word{n} is here." for n in range(17))  # 68 tokens, 38 fit
    assert [count_words([piece.text])[0] for piece in cut(source)] == [36, 32]


def test_boxes_are_those_of_the_chunks_lines() -> None:
    text = "first line\nsecond line\nthird line"
    boxes = [Box(1, 10, 10.0 * n, 90, 10.0 * n + 9) for n in (1, 2, 3)]
    spans = [(0, 10), (11, 22), (23, 33)]
    document = LoadedDocument(
        text,
        PLAIN_TEXT,
        blocks=tuple(Block(BlockKind.TABLE_ROW, *span) for span in spans),
        pages=(Page(1, 0, 33),),
        lines=tuple(Line(*span, box) for span, box in zip(spans, boxes, strict=True)),
    )
    chunks = chunk(document, title="", max_tokens=4, count_tokens=count_words)
    assert [(piece.text, piece.boxes) for piece in chunks] == [
        ("first line\nsecond line", tuple(boxes[:2])),
        ("third line", (boxes[2],)),
    ]


@pytest.mark.parametrize("unit", ["x", "word ", "Ein Satz. ", "日本。", "| a | b |\n"])
def test_a_huge_line_is_cut_in_linear_time(unit: str) -> None:
    text = unit * (2_000_000 // len(unit))
    document = LoadedDocument(text, PLAIN_TEXT)
    started = time.process_time()
    chunks = chunk(document, title="T", max_tokens=200, count_tokens=_one_token_per_word)
    assert time.process_time() - started < 20, "seconds of this process alone: about 1 is usual"
    assert max(len(piece.text) for piece in chunks) <= 200 * 8
    assert sum(len(piece.text) for piece in chunks) >= len(text.replace(" ", "").replace("\n", ""))


def _one_token_per_word(texts: Sequence[str]) -> Sequence[int]:
    return [len(text.split()) for text in texts]


def test_an_absurd_title_leaves_room_for_the_text() -> None:
    chunks = cut("Some words of text that matter.", max_tokens=40, title="long title " * 500)
    assert count_words([chunks[0].context])[0] <= 10
    assert chunks[0].text == "Some words of text that matter."


def test_what_is_only_drawn_takes_no_room() -> None:
    """A table's rule of a hundred dashes and its padding: the table stays whole, as it stands in the file."""
    rows = [("Model", "Weight"), ("-" * 60, "-" * 40), ("Petrel", "60 kg"), ("Skua", "900 kg")]
    table = "\n".join(f"| {a:<60} | {b:<40} |" for a, b in rows)
    (only,) = cut(f"{table}\n", max_tokens=80)
    assert only.text == table
    assert only.embedded_text == ("T\n Model Weight \n Petrel 60 kg \n Skua 900 kg ")


def test_what_is_drawn_and_what_is_said() -> None:
    assert squeeze_padding("Chapter ........ 7\n=====\nend") == "Chapter ... 7\n===\nend"
    assert squeeze_padding("a -- b --- c  d\t\te\n\n\nf") == "a -- b --- c d e\n\n\nf"
    assert squeeze_padding("1000000 aaaa ++++ ????") == "1000000 aaaa ++++ ????"


def test_counting_by_word_is_counting_by_tokenizer(tmp_path: Path) -> None:
    vocabulary = {"[UNK]": 0, "pump": 1, "##s": 2, "the": 3, ",": 4, "un": 5, "##der": 6}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    count = token_counter(tmp_path / "tokenizer.json")
    texts = ["the pumps, under the\tpump", "", "unknown " + "x" * 200, "the pumps"]
    expected = [len(tokenizer.encode(text, add_special_tokens=False)) for text in texts]
    assert list(count(texts)) == expected
    assert list(count(texts)) == expected


def test_counting_leaves_the_embedders_tokenizer_alone() -> None:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.enable_truncation(2)
    assert list(token_counter(tokenizer)(["a b c d"])) == [4]
    assert len(tokenizer.encode("a b c d")) == 2


def test_a_tokenizer_that_merges_over_words_keeps_the_bound() -> None:
    tokenizer = Tokenizer(BPE())
    text = "the pump is on and the pump is off and the pump is on again. " * 40
    tokenizer.train_from_iterator([text], BpeTrainer(vocab_size=120, show_progress=False))
    count = token_counter(tokenizer)
    document = LoadedDocument(text, PLAIN_TEXT)
    check(document, chunk(document, title="T", max_tokens=16, count_tokens=count), 16, count)
