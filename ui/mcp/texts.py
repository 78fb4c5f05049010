"""What the tools give as plain text, for models and clients that do not read structured content."""

from __future__ import annotations

from collections.abc import Iterator

from ui.mcp.schemas import AskOutput, CitedSource, ListOutput, OpenOutput, QuotedExtract


def answer_text(output: AskOutput) -> str:
    """The answer with its sources; the documents' own words where no sentence is supported."""
    parts = [output.summary]
    if output.computed is not None:
        rows = (" | ".join(row.cells) for row in output.computed.rows)
        parts.append("\n".join([output.computed.text, *output.computed.notes, *rows]))
    if output.answer:
        parts.append(output.answer)
        parts.append("Sources:\n" + "\n".join(map(_source, output.sources)))
    elif output.extracts and output.computed is None:
        parts.append("\n".join(map(_extract, output.extracts)))
    return "\n\n".join([*parts, *output.notices])


def list_text(output: ListOutput) -> str:
    """One line for each document."""
    return "\n".join(_list_lines(output))


def passage_text(output: OpenOutput) -> str:
    """The passage between what stands before and after it."""
    heading = f"{output.title}{_place(output.page, output.section)}"
    parts = (heading, output.before, output.passage, output.after)
    return "\n\n".join(text for text in map(str.strip, parts) if text)


def _list_lines(output: ListOutput) -> Iterator[str]:
    yield f"{len(output.documents)} of {output.total} documents:"
    for document in output.documents:
        yield f"- {document.title} ({document.folder}/{document.file}), id {document.id}"
    if output.next_offset is not None:
        yield f"More from offset {output.next_offset} on."


def _source(source: CitedSource) -> str:
    return f"[{source.n}] {source.title}{_place(source.page, source.section)}: “{source.quote}”"


def _extract(extract: QuotedExtract) -> str:
    return f"“{extract.text}” ({extract.title}{_place(extract.page, extract.section)})"


def _place(page: int | None, section: str | None) -> str:
    parts = [f"page {page}"] if page is not None else []
    parts += [section] if section else []
    return f", {', '.join(parts)}" if parts else ""
