"""The fields of the lexical half of the index, and a filter as queries on them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from rag.index.filter import Filter
from rag.index.search.analysis import STEMMERS
from rag.readers import find_admitting_tokens

_FEW_VALUES = 64
"""Values that are looked up one by one; more are one set, looked for in the whole dictionary of terms."""


@functools.cache
def schema() -> Any:
    """The fields of a chunk in the lexical half."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk_id", fast=True)
    builder.add_unsigned_field("document_id", indexed=True, fast=True)
    for field in ("folder", "tag", "reader", "media_type"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_float_field("modified_at", indexed=True, fast=True)
    # How often a word stands in a chunk is what BM25 asks; where it stands, nobody does.
    builder.add_text_field("exact", tokenizer_name="exact", index_option="freq")
    for language in STEMMERS:
        name = f"text_{language}"
        builder.add_text_field(name, tokenizer_name=name, index_option="freq")
    builder.add_text_field("accented", tokenizer_name="whitespace", index_option="freq")
    # Stems that may be compounds, last letter first: the dictionary of terms lists what begins with letters.
    builder.add_text_field("backward", tokenizer_name="whitespace", index_option="basic")
    return builder.build()


def filter_queries(filter: Filter) -> list[Any]:
    """The filter as queries that all must match and that score nothing."""
    import tantivy

    query = tantivy.Query
    conditions = []
    if filter.readers is not None:
        conditions.append(any_of("reader", sorted(find_admitting_tokens(filter.readers))))
    if filter.folders:
        conditions.append(any_of("folder", filter.folders))
    if filter.tags:
        conditions.append(any_of("tag", filter.tags))
    if filter.media_types:
        conditions.append(any_of("media_type", filter.media_types))
    if filter.document_ids is not None:
        conditions.append(any_of("document_id", filter.document_ids))
    if filter.modified_from is not None or filter.modified_until is not None:
        low, high = (
            None if moment is None else float(moment)
            for moment in (filter.modified_from, filter.modified_until)
        )
        conditions.append(
            query.range_query(schema(), "modified_at", tantivy.FieldType.Float, low, high)
        )
    also = filter_queries(filter.also) if filter.also else []
    return [query.const_score_query(condition, 0.0) for condition in conditions] + also


def any_of(field: str, values: Sequence[Any]) -> Any:
    """Chunks that have one of the values; none has one of no values."""
    import tantivy

    if len(values) > _FEW_VALUES:
        return tantivy.Query.term_set_query(schema(), field, list(values))
    # A set of terms is looked for in the whole dictionary of terms; each of a few is looked up.
    should = tantivy.Occur.Should
    terms = [(should, tantivy.Query.term_query(schema(), field, v, "basic")) for v in values]
    return tantivy.Query.boolean_query(terms) if terms else tantivy.Query.empty_query()
