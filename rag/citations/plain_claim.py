"""What a sentence claims, without how models dress it: the words before an answer, and formulas in LaTeX.

Only the check reads it so; a reader gets the text as the model wrote it.
"""

from __future__ import annotations

import re

_FRAME = re.compile(
    r"^(?:the (?:correct )?(?:answer|year)(?: to (?:the|this|your) question)? (?:is|was)(?: that)?"
    r"|die antwort(?: auf (?:die|diese|ihre) frage)? (?:ist|lautet)"
    r"|la réponse(?: à (?:la|cette) question)? est"
    r"|la respuesta(?: a (?:la|esta) pregunta)? es)\b:?\s*",
    re.IGNORECASE,
)
"""What a model says in front of an answer, and no document does: "The answer is: 12 weeks"."""
_FORMULA = re.compile(r"(?<![\\\w$])\$(?=\S)([^$\n]+?)(?<=\S)\$(?![\d$])")
"""Between two dollar signs, as Pandoc reads them: "$5 and $10" is none."""
_NAMED_FONT = re.compile(
    r"\\(?:mathrm|mathbf|mathit|text|textrm|textbf|operatorname)\s*\{([^{}]*)\}"
)
_SIGNS = {
    r"^\circ": "°", r"^{\circ}": "°", r"\%": "%", r"\times": "×", r"\cdot": "·", r"\pm": "±",
    r"\leq": "≤", r"\geq": "≥", r"\,": " ", r"\;": " ", r"\:": " ", r"\ ": " ", "~": " ", "{,}": ",",
}  # fmt: skip


def strip_claim(sentence: str) -> str:
    """The sentence that is checked. One that is nothing but the words before an answer stays as it is."""
    plain = _FORMULA.sub(_without_commands, sentence)
    return _FRAME.sub("", plain) or plain


def has_frame(sentence: str) -> bool:
    """Whether it begins with words like "The answer is"."""
    return bool(_FRAME.match(sentence))


def _without_commands(formula: re.Match[str]) -> str:
    text = _NAMED_FONT.sub(r"\1", formula[1])
    for command, sign in _SIGNS.items():
        text = text.replace(command, sign)
    return text
