"""The organisation's own colour, made legible in light and in dark."""

from __future__ import annotations

from collections.abc import Sequence

_CONTRAST = 4.6  # a little more than WCAG AA asks of text, 4.5
_STEPS = 40
_Colour = tuple[float, float, float]
_BLACK, _WHITE, _NIGHT = (0.0, 0.0, 0.0), (255.0, 255.0, 255.0), (27.0, 31.0, 34.0)
_SUNKEN = (
    (241.0, 241.0, 238.0),
    (35.0, 40.0, 44.0),
)  # of base.css: the grounds with the least contrast


def render_accent_style(accent: str) -> str:
    """Declarations that replace the page's own accent by `accent` (#rrggbb), as near as can be read."""
    colour = _read(accent)
    pale, deep = _mix(colour, _WHITE, 0.88), _mix(colour, _NIGHT, 0.78)
    light = _legible(colour, (pale, _SUNKEN[0]), _BLACK)
    dark = _legible(colour, (deep, _SUNKEN[1]), _WHITE)
    pairs = {
        "--brand": (light, dark),
        "--brand-hover": (_mix(light, _BLACK, 0.2), _mix(dark, _WHITE, 0.3)),
        "--brand-soft": (pale, deep),
        "--on-brand": (_WHITE, _mix(colour, _BLACK, 0.85)),
    }
    return "".join(f"{name}:light-dark({_hex(a)},{_hex(b)});" for name, (a, b) in pairs.items())


def measure_contrast(one: _Colour, other: _Colour) -> float:
    """How far apart two colours are, from 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _legible(colour: _Colour, grounds: Sequence[_Colour], towards: _Colour) -> _Colour:
    mixed = (_mix(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(
        shade
        for shade in mixed
        if all(measure_contrast(shade, ground) >= _CONTRAST for ground in grounds)
    )


def _luminance(colour: _Colour) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (part / 255 for part in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: _Colour, other: _Colour, share: float) -> _Colour:
    red, green, blue = (a + (b - a) * share for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _read(text: str) -> _Colour:
    red, green, blue = (float(int(text[at : at + 2], 16)) for at in (1, 3, 5))
    return red, green, blue


def _hex(colour: _Colour) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in colour)
