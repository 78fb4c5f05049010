"""Text in DrawingML: the paragraphs of a shape, the table of a chart, the boxes of a diagram (SmartArt)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.parsers.office.math_text import M, write_equation
from ingest.parsers.office.number_format import GENERAL, format_number
from ingest.parsers.office.package import MC, A, OfficePackage, R, alternative
from ingest.parsers.office.raised_text import subscript, superscript
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_MOVING_FIELDS = ("slidenum", "datetime")  # what a program fills in anew each time
_MAX_DEPTH = 30


def read_paragraph_text(paragraph: Any) -> str:
    """The words of an `a:p`: line breaks as such, superscripts apart, equations in a line."""
    parts: list[str] = []
    _collect(paragraph, parts, 0)
    return "".join(parts).strip()


def _collect(element: Any, parts: list[str], depth: int) -> None:
    for child in element if depth < _MAX_DEPTH else ():
        if child.tag == f"{A}r":
            parts.append(_run(child, parts))
        elif child.tag == f"{A}br":
            parts.append("\n")
        elif child.tag == f"{A}fld":
            if not (child.get("type") or "").startswith(_MOVING_FIELDS):
                parts.append(_run(child, parts))
        elif child.tag in (f"{M}oMath", f"{M}oMathPara"):
            parts.append(write_equation(child))
        elif child.tag == f"{MC}AlternateContent":
            _collect(alternative(child), parts, depth + 1)
        elif isinstance(child.tag, str) and child.tag.endswith("}m"):
            _collect(child, parts, depth + 1)  # a14:m, around an equation


def _run(run: Any, before: Sequence[str]) -> str:
    text = (run.findtext(f"{A}t") or "").replace("\v", "\n").replace("_x000D_", "")
    properties = run.find(f"{A}rPr")
    baseline = properties.get("baseline", "0") if properties is not None else "0"
    if not text or baseline.strip("%") == "0":
        return text
    behind = "".join(before[-2:])
    return subscript(behind, text) if baseline.startswith("-") else superscript(behind, text)


def read_body_lines(element: Any) -> list[str]:
    """The paragraphs of the text body in `element` that have words."""
    return [text for p in element.iter(f"{A}p") if (text := read_paragraph_text(p))]


@dataclass(slots=True)
class Series:
    """A chart's line, bar or slice: its name, what it stands over, and its values."""

    name: str
    categories: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def write_related_drawings(
    builder: TextBuilder, package: OfficePackage, part: str, element: Any, unread: Counter[Unread]
) -> None:
    """Write the charts and diagrams that `element`, in the part `part`, refers to."""
    relationships = package.relationships(part)
    for child in element.iter():
        if (child.tag == f"{_C}chart" and child.get(f"{R}id")) or child.tag == f"{_CX}chart":
            relation = relationships.get(child.get(f"{R}id") or "")
            chart = relation and package.tree(relation.target)
            if chart is None or not write_chart(builder, chart):
                unread[Unread.CHART] += 1
        elif child.tag == f"{_DGM}relIds":
            relation = relationships.get(child.get(f"{R}dm") or "")
            diagram = relation and package.tree(relation.target)
            if diagram is None or not _write_diagram(builder, diagram):
                unread[Unread.DIAGRAM] += 1


def write_chart(builder: TextBuilder, chart: Any) -> bool:
    """Write a chart's title, and its series as a table; False if it says nothing at all."""
    if chart.tag.startswith(_CX):
        title, axis, series = _extended_chart(chart)
    else:
        title = _title(chart.find(f"{_C}chart/{_C}title"))
        axis = next((t for t in map(_title, chart.findall(f".//{_C}catAx/{_C}title")) if t), "")
        values_axis = [t for t in map(_title, chart.findall(f".//{_C}valAx/{_C}title")) if t]
        series = [_series(element) for element in chart.iter(f"{_C}ser")]
        title = f"{title} ({', '.join(values_axis)})" if title and values_axis else title
    start = builder.position
    drawn = [one for one in series if one.values or one.categories]
    if title or drawn:
        builder.paragraph(f"Chart: {title}" if title else "Chart:")
    for group in _groups(drawn):
        builder.table(_table(axis, group))
    return builder.position > start


def _title(element: Any) -> str:
    if element is None:
        return ""
    lines = read_body_lines(element)
    return " ".join(lines) or " ".join(v.text or "" for v in element.iter(f"{_C}v"))


def _series(element: Any) -> Series:
    name = " ".join(v.text or "" for v in element.iterfind(f"{_C}tx//{_C}v")).strip()
    categories = element.find(f"{_C}cat")
    categories = element.find(f"{_C}xVal") if categories is None else categories
    values = element.find(f"{_C}val")
    values = element.find(f"{_C}yVal") if values is None else values
    return Series(name, _points(categories), _points(values))


def _points(element: Any) -> list[str]:
    """The cached points in their order; of categories on several levels, all levels together."""
    if element is None:
        return []
    levels = list(element.iter(f"{_C}lvl")) or [element]
    points: dict[int, str] = {}
    for level in reversed(levels):
        code = level.findtext(f".//{_C}formatCode") or GENERAL
        last = ""
        level_points = {_index(p): p.findtext(f"{_C}v") or "" for p in level.iter(f"{_C}pt")}
        for index in range(max([*level_points, *points], default=-1) + 1):
            last = _formatted(level_points[index], code) if index in level_points else last
            text = level_points and (
                last if len(levels) > 1 else _formatted(level_points.get(index, ""), code)
            )
            points[index] = f"{points.get(index, '')} {text or ''}".strip()
    return [points[index] for index in sorted(points)]


def _index(point: Any) -> int:
    raw = point.get("idx", "")
    return min(int(raw), 100_000) if raw.isdecimal() else 0


def _formatted(value: str, code: str) -> str:
    try:
        return format_number(float(value), code)
    except ValueError:
        return value


def _groups(series: Sequence[Series]) -> Iterator[list[Series]]:
    """Series over the same categories, which make one table."""
    group: list[Series] = []
    for one in series:
        if group and one.categories != group[0].categories:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _table(axis: str, series: Sequence[Series]) -> list[list[str]]:
    length = max(len(series[0].categories), *(len(one.values) for one in series))
    columns = [series[0].categories, *(one.values for one in series)]
    rows = [[axis, *(one.name for one in series)]]
    rows += [[c[row] if row < len(c) else "" for c in columns] for row in range(length)]
    return rows if any(rows[0]) else rows[1:]


def _extended_chart(chart: Any) -> tuple[str, str, list[Series]]:
    """Title, axis and series of a chart of the newer kinds: funnel, waterfall, tree map."""
    title = " ".join(read_body_lines(t)) if (t := chart.find(f".//{_CX}title")) is not None else ""
    series = []
    for data in chart.iter(f"{_CX}data"):
        texts = [_level(level) for level in data.iter(f"{_CX}strDim")]
        numbers = [_level(level) for level in data.iter(f"{_CX}numDim")]
        categories = [" ".join(filter(None, point)) for point in zip(*texts, strict=False)]
        series += [Series("", categories, values) for values in numbers]
    names = [" ".join(v.text or "" for v in n.iter(f"{_CX}v")) for n in chart.iter(f"{_CX}tx")]
    for one, name in zip(series, names, strict=False):
        one.name = name
    return title, "", series


def _level(dimension: Any) -> list[str]:
    level = dimension.find(f"{_CX}lvl")
    return [] if level is None else [point.text or "" for point in level.iter(f"{_CX}pt")]


def _write_diagram(builder: TextBuilder, diagram: Any) -> bool:
    """Write the boxes of a diagram as a list, those that hang on another below it."""
    points = {
        point.get("modelId"): point
        for point in diagram.iter(f"{_DGM}pt")
        if point.get("type", "node") in ("node", "asst", "doc")
    }
    children: dict[str | None, list[tuple[int, str | None]]] = {}
    for link in diagram.iter(f"{_DGM}cxn"):
        if link.get("type", "parOf") == "parOf" and link.get("destId") in points:
            order = link.get("srcOrd", "0")
            rank = int(order) if order.isdecimal() else 0
            children.setdefault(link.get("srcId"), []).append((rank, link.get("destId")))
    start = builder.position
    written: set[str | None] = set()

    def write(identifier: str | None, depth: int) -> None:
        if identifier in written or depth > _MAX_DEPTH:
            return
        written.add(identifier)
        point = points[identifier]
        is_root = point.get("type") == "doc"
        if not is_root:
            builder.list_item("\n".join(read_body_lines(point)), depth=max(depth, 0))
        for _, child in sorted(children.get(identifier, ()), key=lambda entry: entry[0]):
            write(child, depth + (not is_root))

    roots = [key for key, point in points.items() if point.get("type") == "doc"]
    for identifier in [*roots, *points]:
        write(identifier, 0)
    return builder.position > start
