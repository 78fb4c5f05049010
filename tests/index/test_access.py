"""The search by meaning and the search by words admit the same documents, whoever asks."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.index import Filter, Snapshot
from rag.testing import HashingEmbedder
from tests.index.world import SmallIndex, document

TOKENS = ("*", "group:hr", "group:it", "user:eve")
READERS = [set(chosen) for size in range(4) for chosen in combinations(TOKENS, size)]
ASKERS = st.frozensets(st.sampled_from(TOKENS))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A document for each combination of readers."""
    world = SmallIndex(tmp_path_factory.mktemp("index") / "data")
    world.publish(
        *(
            document(f"/{number}.txt", [f"plan {number}"], readers=tuple(sorted(readers)))
            for number, readers in enumerate(READERS)
        )
    )
    return world.snapshot()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(asker=ASKERS, second=st.none() | ASKERS)
def test_both_searches_admit_the_same_documents(
    snapshot: Snapshot, asker: frozenset[str], second: frozenset[str] | None
) -> None:
    """A document passes if it names the asker or everybody; nobody's documents pass for no one.

    Where two filters are joined, as that of a person and that of a profile, both have to let it pass.
    """
    filter = Filter(readers=asker)
    if second is not None:
        filter = filter.narrowed(Filter(readers=second))
    query = HashingEmbedder().embed_query("plan")
    expected = {
        f"/{number}.txt"
        for number, readers in enumerate(READERS)
        if all(one and (one | {"*"}) & readers for one in (asker, second) if one is not None)
    }
    for search in (snapshot.dense(query, 99, filter), snapshot.lexical("plan", 99, filter)):
        rows = snapshot.chunks(search.chunk_ids.tolist())
        assert {row.uri for row in rows.values()} == expected
    assert snapshot.count(filter).documents == len(expected)
