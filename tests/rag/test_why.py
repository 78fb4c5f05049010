"""A hit says why it is one."""

from __future__ import annotations

from rag import Assistant
from rag.hit import Why
from ui.terminal.answers import excerpt, format_why


def test_a_hit_says_its_ranks_and_the_words_it_shares(assistant: Assistant) -> None:
    """Each rank is the place in the search of that part alone; words count by their stem, common ones not."""
    query = "Is a remotely booked train allowed?"
    hits = assistant.search(query, k=5, explain=True)
    assert [hit.model_copy(update={"why": None}) for hit in hits] == assistant.search(query, k=5)
    snapshot = assistant._search.snapshot()
    dense = snapshot.dense(
        assistant._search.embedder.embed_query(query), 150, assistant._search.narrow(None)
    )
    words = snapshot.lexical(query, 150, assistant._search.narrow(None))
    for hit in hits:
        assert hit.why is not None
        assert hit.why.dense_rank == dense.chunk_ids.tolist().index(hit.chunk_id) + 1
        ids = words.chunk_ids.tolist()
        assert hit.why.lexical_rank == (
            ids.index(hit.chunk_id) + 1 if hit.chunk_id in ids else None
        )
        assert hit.to_json()["why"]["matched"] == list(hit.why.matched)
    by_title = {hit.title: hit.why for hit in hits}
    assert by_title["Travel"] is not None
    assert by_title["Travel"].matched == ("booked", "train")
    assert by_title["Remote work"] is not None
    assert set(by_title["Remote work"].matched) == {"remotely", "allowed"}


def test_without_being_asked_it_says_nothing(assistant: Assistant) -> None:
    (hit,) = assistant.search("remote work", k=1)
    assert hit.why is None
    assert "why" not in hit.to_json()


def test_for_people_it_is_one_line() -> None:
    why = Why(dense_rank=3, dense_score=0.4, fused_score=0.25, matched=("belt", "oh"))
    assert format_why(why) == "Found 3. by meaning, not by words (belt, oh); score 0.250."


def test_a_terminal_shows_the_sentences_of_a_passage_that_the_question_is_about() -> None:
    text = (
        f"# Leave\n\n{'Everybody rests sometimes. ' * 12}A birth parent has 44 weeks of leave. End."
    )
    sentences = excerpt(text, "How many weeks of leave has a birth parent?")
    assert sentences == "… A birth parent has 44 weeks of leave. End."
    assert excerpt(text, "rest").startswith("# Leave Everybody rests")
    assert excerpt(text, "").endswith(" …")
    assert len(excerpt(text, "")) <= 242
    assert excerpt("# Leave\n\nShort.", "short") == "# Leave Short."
