"""The curve of a calibration as a picture."""

from __future__ import annotations

from rag.answering.abstention import Calibration

_SIZE, _MARGIN = 360, 48


def draw_curve(calibration: Calibration) -> str:
    """Risk over coverage as an SVG that needs nothing else; the chosen threshold is the dot."""

    def place(coverage: float, risk: float) -> tuple[float, float]:
        return _MARGIN + coverage * _SIZE, _MARGIN + (1 - risk) * _SIZE

    line = " ".join(
        f"{x:.1f},{y:.1f}"
        for x, y in (place(point.coverage, point.risk) for point in calibration.curve)
    )
    chosen = min(calibration.curve, key=lambda point: abs(point.threshold - calibration.threshold))
    x, y = place(chosen.coverage, chosen.risk)
    far, whole = _MARGIN + _SIZE, 2 * _MARGIN + _SIZE
    ticks = "".join(
        f'<text x="{place(tick, 0)[0]:.0f}" y="{far + 18}" text-anchor="middle">{tick:.0%}</text>'
        f'<text x="{_MARGIN - 8}" y="{place(0, tick)[1] + 4:.0f}" text-anchor="end">{tick:.0%}</text>'
        for tick in (0.0, 0.5, 1.0)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" width="{whole}"
 font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Risk over coverage">
<rect width="100%" height="100%" fill="#fff"/>
<path d="M{_MARGIN} {_MARGIN}V{far}H{far}" fill="none" stroke="#667"/>
<polyline points="{line}" fill="none" stroke="#1d5fa8" stroke-width="2"/>
<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#c2410c"/>
<text x="{x + 9:.1f}" y="{y - 7:.1f}">threshold {calibration.threshold:.2f}</text>
{ticks}
<text x="{far}" y="{far + 36}" text-anchor="end">coverage: questions put to the model</text>
<text x="8" y="{_MARGIN - 20}">risk: those of them that the documents do not answer</text>
</svg>
"""
