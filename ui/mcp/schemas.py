"""What the tools take and give, as JSON Schemas: a client reads the descriptions to know how to call them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rag.answer import Status, Verdict
from rag.question import MAX_QUESTION_CHARACTERS

MAX_LISTED = 200
"""Documents in one list: some 15,000 tokens, which a model can still read."""
MAX_AROUND = 20_000
"""Characters on each side of a passage: two of them and the passage are some 10,000 tokens."""

# Only said in the schema, so that a longer question is refused with our own sentence.
_Question: dict[str, Any] = {"minLength": 1, "maxLength": MAX_QUESTION_CHARACTERS}


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SearchInput(_Input):
    """What search takes."""

    query: str = Field(
        description="What to look for, in words or as a question.", json_schema_extra=_Question
    )


class FetchInput(_Input):
    """What fetch takes."""

    id: str = Field(description="The id of a search result, of a source or of a document.")


class AskInput(_Input):
    """What ask takes."""

    question: str = Field(
        description="A question that can be understood by itself, without the conversation.",
        json_schema_extra=_Question,
    )
    use_model: bool = Field(
        True, description="False: answer in the documents' own sentences, without the model."
    )


class ListInput(_Input):
    """What list_documents takes."""

    text: str = Field("", description="Part of a title or of a file name; empty: all.")
    folder: str = Field("", description="Only documents below this folder, as lists show it.")
    tag: str = Field("", description="Only documents with this tag.")
    offset: int = Field(0, ge=0, le=2**53, description="How many documents to skip.")
    limit: int = Field(50, ge=1, le=MAX_LISTED, description="How many documents to list.")


class OpenInput(_Input):
    """What open_passage takes."""

    id: str = Field(description="The id of a search result or of a source.")
    around: int = Field(
        1_500, ge=0, le=MAX_AROUND, description="Characters to read before and after it."
    )


class _Output(BaseModel):
    model_config = ConfigDict(frozen=True)


_Id = Annotated[str, Field(description="For fetch and open_passage.")]
_Url = Annotated[str, Field(description="Where people open it.")]
_Page = Annotated[int | None, Field(description="From 1; null where the format has no pages.")]
_Section = Annotated[str | None, Field(description="The headings above it, outermost first.")]


class SearchedPassage(_Output):
    """A passage that was found."""

    id: _Id
    title: str = Field(description="The title of its document.")
    url: _Url
    text: str = Field(
        description="The passage, word for word; the header stands above a part of a table."
    )
    page: _Page
    section: _Section
    newer_version: str | None = Field(
        description="Id of a newer version of its document, if one was found as well."
    )


class SearchOutput(_Output):
    """Passages that fit the query, best first."""

    results: tuple[SearchedPassage, ...]


class FetchOutput(_Output):
    """The text of a document: all of it, or the part around the place where it is long."""

    id: str
    title: str
    text: str
    url: _Url
    metadata: dict[str, str] = Field(
        description="file, folder, media_type, and where known language, modified, pages, page, section "
        "and tags; characters: the length of the whole text; start and end: which of them `text` is; "
        "next: the id with which fetch reads on."
    )


class CitedSource(_Output):
    """What a number in the answer stands for."""

    n: int
    id: _Id
    title: str
    url: _Url
    page: _Page
    section: _Section
    quote: str = Field(description="The words of the document, checked to stand there.")


class QuotedExtract(_Output):
    """A sentence, table row or list item of a document that answers."""

    id: _Id
    title: str
    url: _Url
    page: _Page
    section: _Section
    text: str


class ComputedRow(_Output):
    """A row of the table; `id` is the document that it is about."""

    id: str | None
    cells: tuple[str, ...]


class ComputedOutput(_Output):
    """What was counted, listed or compared in the index, without a model. `total`: rows there are."""

    text: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[ComputedRow, ...]
    total: int


class AskOutput(_Output):
    """An answer: only what the documents support, and their own words."""

    question: str
    status: Status = Field(description="How far the documents support what the model wrote.")
    verdict: Verdict = Field(description="What the answer comes to for its reader.")
    summary: str = Field(description="The verdict in a sentence.")
    answer: str = Field(
        description="Sentences that the documents support, with the numbers of their sources; empty where "
        "there are none: then the extracts answer."
    )
    sources: tuple[CitedSource, ...]
    extracts: tuple[QuotedExtract, ...]
    computed: ComputedOutput | None
    notices: tuple[str, ...]


class ListedFile(_Output):
    """A document."""

    id: _Id
    title: str
    url: _Url
    file: str
    folder: str
    media_type: str
    language: str
    modified: str | None = Field(description="When its file was last changed, ISO 8601.")
    tags: tuple[str, ...]


class ListOutput(_Output):
    """Documents in the order of their folders and names."""

    documents: tuple[ListedFile, ...]
    total: int = Field(description="How many there are in all.")
    next_offset: int | None = Field(description="The offset of the next documents; null: no more.")


class OpenOutput(_Output):
    """A passage in its surroundings. `start` and `end` are characters of the document's text."""

    id: str
    title: str
    url: _Url
    page: _Page
    section: _Section
    before: str
    passage: str
    after: str
    start: int
    end: int
    characters: int = Field(description="The length of the document's whole text.")
