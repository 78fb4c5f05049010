"""Plots as SVG, drawn by hand: no library, no script, colours from the page's style sheet.

Each is `WIDTH` units wide, so that its letters are about as large as the page's where it is shown at its
own size. Every text that comes in is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ui.view.markup import escape_name

WIDTH = 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 16, 12, 40
_HEIGHT = 240
_ROW = 26
_LABELS = 128  # units left of a plot of rows
_VALUES = 52  # units right of it
_LONGEST_LABEL = 16  # characters
_MOST_TICKS = 6
Written = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class LineSeries:
    """A line: its name, its colour's number (0, 1, 2), and its points in order of x."""

    name: str
    colour: int
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """A value with its interval; `shown` is how the value is written."""

    label: str
    value: float
    low: float
    high: float
    shown: str


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar of parts: (name, colour's number, count)."""

    label: str
    parts: Sequence[tuple[str, int, int]]


def lines(
    series: Sequence[LineSeries],
    *,
    title: str,
    x_label: str,
    x_ticks: Sequence[float],
    logarithmic: bool = False,
    steps: bool = False,
    written: Written = "{:,g}".format,
) -> str:
    """Lines over x, from 0 to 1 in y. `x_ticks` span the x axis; `steps` draws stairs.

    `written`: how a number on an axis is written.
    """
    scale = math.log10 if logarithmic else float
    first, last = scale(x_ticks[0]), scale(x_ticks[-1])

    def x(value: float) -> float:
        share = (scale(value) - first) / (last - first)
        return _LEFT + min(1, max(0, share)) * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (1 - value) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [*_grid(y, written), *_x_axis(x_ticks, x, x_label, written)]
    for line in series:
        path = _path([(x(a), y(b)) for a, b in line.points], steps=steps)
        parts.append(f'<path class="line c{line.colour}" d="{path}"/>')
        if len(line.points) == 1:
            a, b = line.points[0]
            parts.append(_dot(x(a), y(b), line.colour))
    legend = _legend((line.name, line.colour) for line in series) if len(series) > 1 else ""
    return _svg(_HEIGHT, title, parts) + legend


def draw_intervals(
    rows: Sequence[IntervalRow],
    *,
    title: str,
    low: float = 0,
    high: float = 1,
    written: Written = "{:,g}".format,
) -> str:
    """A dot with its interval for each row, over an axis from `low` to `high`; a line stands at 0."""

    def x(value: float) -> float:
        share = (value - low) / (high - low)
        return _LABELS + min(1, max(0, share)) * (WIDTH - _LABELS - _VALUES)

    height = 8 + len(rows) * _ROW + 24
    bottom = height - 24
    parts = []
    for tick in _ticks(low, high):
        kind = "axis" if abs(tick) < 1e-9 else "grid"
        parts.append(_line(kind, x(tick), 4, x(tick), bottom))
        parts.append(_text(x(tick), height - 8, written(tick), "middle"))
    for index, row in enumerate(rows):
        middle = 8 + (index + 0.5) * _ROW
        parts += [
            f"<g><title>{escape_name(row.label)}: {escape_name(row.shown)}</title>",
            _text(_LABELS - 10, middle + 4, _short(row.label), "end", "label"),
            _line("interval c0", x(row.low), middle, x(row.high), middle),
            _dot(x(row.value), middle, 0),
            _text(WIDTH, middle + 4, row.shown, "end", "value"),
            "</g>",
        ]
    return _svg(height, title, parts)


def draw_stacks(bars: Sequence[Stack], *, title: str) -> str:
    """A bar for each, divided by its parts' shares; the counts stand in the parts that have room."""
    room = WIDTH - _LABELS - 4
    parts = []
    for index, bar in enumerate(bars):
        top, left = 8 + index * 44, float(_LABELS)
        total = sum(count for _, _, count in bar.parts)
        parts.append(_text(_LABELS - 10, top + 21, _short(bar.label), "end", "label"))
        for name, colour, count in bar.parts:
            width = room * count / total if total else 0
            if not width:
                continue
            parts.append(
                f'<g><title>{escape_name(name)}: {count}</title><rect class="f{colour}" '
                f'x="{left:.1f}" y="{top}" width="{width:.1f}" height="32"/>'
            )
            if width > 10 + 8 * len(str(count)):
                parts.append(_text(left + width / 2, top + 21, str(count), "middle", f"on{colour}"))
            parts.append("</g>")
            left += width
    names = {name: colour for bar in bars for name, colour, count in bar.parts if count}
    return _svg(8 + len(bars) * 44, title, parts) + _legend(names.items(), filled=True)


def _grid(y: Callable[[float], float], written: Written) -> Iterator[str]:
    for tick in (0, 0.25, 0.5, 0.75, 1):
        yield _line("axis" if tick == 0 else "grid", _LEFT, y(tick), WIDTH - _RIGHT, y(tick))
        yield _text(_LEFT - 8, y(tick) + 4, written(tick), "end")


def _x_axis(
    ticks: Iterable[float], x: Callable[[float], float], label: str, written: Written
) -> Iterator[str]:
    for tick in ticks:
        yield _text(x(tick), _HEIGHT - _BOTTOM + 18, written(tick), "middle")
    yield _text((_LEFT + WIDTH - _RIGHT) / 2, _HEIGHT - 4, label, "middle")


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, few enough that they have room side by side."""
    power = 10 ** math.floor(math.log10(high - low))
    steps = (power / 10, power / 5, power / 2, power, power * 2)
    step = next(candidate for candidate in steps if (high - low) / candidate <= _MOST_TICKS)
    return [
        n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ]


def _path(points: Sequence[tuple[float, float]], *, steps: bool) -> str:
    moves = []
    for index, (x, y) in enumerate(points):
        if index and steps:
            moves.append(f"H{x:.1f}V{y:.1f}")
        else:
            moves.append(f"{'L' if index else 'M'}{x:.1f} {y:.1f}")
    return "".join(moves)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _dot(x: float, y: float, colour: int) -> str:
    return f'<circle class="f{colour}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape_name(text)}</text>"
    )


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _legend(names: Iterable[tuple[str, int]], *, filled: bool = False) -> str:
    kind = "swatch" if filled else "stroke"
    items = "".join(f'<li><i class="{kind} b{n}"></i>{escape_name(name)}</li>' for name, n in names)
    return f'<ul class="legend">{items}</ul>'


def _svg(height: float, title: str, parts: Iterable[str]) -> str:
    label = escape_name(title)
    return f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
