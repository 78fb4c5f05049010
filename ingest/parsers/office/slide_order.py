"""The order in which the shapes of a slide are read: from top to bottom, and column after column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class PlacedShape:
    """A shape and the rectangle that it fills, in whatever unit."""

    shape: Any
    left: int = 0
    top: int = 0
    width: int = 0
    height: int = 0


def sort_in_reading_order(shapes: Sequence[PlacedShape], depth: int = 0) -> list[PlacedShape]:
    """Cut along the gaps that go all the way across, then along those that go all the way down (XY-cut)."""
    if len(shapes) < 2:
        return list(shapes)
    if depth < _MAX_DEPTH:
        for start, size in ((_top, _height), (_left, _width)):
            groups = _cut(shapes, start, size)
            if len(groups) > 1:
                return [
                    shape for group in groups for shape in sort_in_reading_order(group, depth + 1)
                ]
    return sorted(shapes, key=lambda shape: (shape.top, shape.left))


def _cut(
    shapes: Sequence[PlacedShape],
    start: Callable[[PlacedShape], int],
    size: Callable[[PlacedShape], int],
) -> list[list[PlacedShape]]:
    groups: list[list[PlacedShape]] = []
    end = 0
    for shape in sorted(shapes, key=start):
        if not groups or start(shape) >= end:
            groups.append([])
            end = start(shape)
        groups[-1].append(shape)
        end = max(end, start(shape) + size(shape))
    return groups


def _top(shape: PlacedShape) -> int:
    return shape.top


def _left(shape: PlacedShape) -> int:
    return shape.left


def _height(shape: PlacedShape) -> int:
    return shape.height


def _width(shape: PlacedShape) -> int:
    return shape.width
