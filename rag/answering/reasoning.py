"""Tells what a thinking model answers from what it only thinks, whatever server streams it.

Models mark their reasoning in different ways, and a server without a reasoning parser streams the marks with
the text. What stands in them is never the answer. Where only the closing mark comes, because the opening one
was part of the prompt, all that stands before it was reasoning.
"""

from __future__ import annotations

import re

_NAMES = r"(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|seed:think)"
_OPEN = rf"(?:<{_NAMES}>|\[THINK\]|◁think▷|<\|(?:begin_of_thought|START_THINKING)\|>)"
_CLOSE = rf"(?:</{_NAMES}>|\[/THINK\]|◁/think▷|<\|(?:end_of_thought|END_THINKING)\|>)"
_BLOCK = re.compile(
    rf"\A\s*{_OPEN}.*?(?:{_CLOSE}|\Z)|{_OPEN}.*?{_CLOSE}", re.DOTALL | re.IGNORECASE
)
_CLOSED = re.compile(rf"\A.*{_CLOSE}", re.DOTALL | re.IGNORECASE)
_STARTS = re.compile(rf"\A\s*{_OPEN}", re.IGNORECASE)
# OpenAI's harmony: each message names its channel, and only the final one is for the reader.
_HARMONY = re.compile(
    r"<\|channel\|>\s*(\w+)[^<]*<\|message\|>(.*?)(?:<\|(?:end|return|call)\|>|(?=<\|start\|>)|\Z)",
    re.DOTALL,
)
_FINAL = re.compile(r"\[BEGIN FINAL RESPONSE\](.*?)(?:\[END FINAL RESPONSE\]|\Z)", re.DOTALL)
_RESPONSE = re.compile(
    r"</?(?:response|answer)>|<\|(?:START|END)_RESPONSE\|>|<\|(?:begin|end)_of_solution\|>",
    re.IGNORECASE,
)
_PARTIAL = re.compile(r"(?:<[^<>\n]{0,24}|\[[A-Z/ ]{0,24}|◁[^▷\n]{0,8})\Z")
"""The end of a text that may be the beginning of a mark."""


def answer_in(text: str) -> str:
    """The answer in what a model has written so far, without its reasoning; "" while it only thinks."""
    if "<|channel|>" in text:
        return "".join(
            body for channel, body in _HARMONY.findall(text) if channel == "final"
        ).strip()
    if final := _FINAL.search(text):
        return final[1].strip()
    if not re.search(rf"{_OPEN}|{_CLOSE}", text, re.IGNORECASE):
        return text
    is_at_start = bool(_STARTS.match(text))
    without = _BLOCK.sub("", text)
    without = _CLOSED.sub("", without)
    if is_at_start:
        without = _RESPONSE.sub("", without)
    return without.strip() if without != text else text


class ReasoningFilter:
    """Hands on the answer of a stream piece by piece, and keeps the reasoning to itself."""

    def __init__(self) -> None:
        self._raw = self._shown = ""

    @property
    def is_thinking(self) -> bool:
        """Whether it has written something, and nothing of it is for the reader yet."""
        return bool(self._raw.strip()) and not answer_in(self._raw).strip()

    @property
    def answer(self) -> str:
        """The answer so far."""
        return answer_in(self._raw).lstrip()

    def feed(self, piece: str) -> str:
        """Take in the next piece of the stream; returns what it adds to the answer."""
        self._raw += piece
        raw = self._raw[: m.start()] if (m := _PARTIAL.search(self._raw)) else self._raw
        return self._show(answer_in(raw).lstrip())

    def finish(self) -> str:
        """The stream is over: returns what was held back."""
        return self._show(self.answer)

    def _show(self, answer: str) -> str:
        if not answer.startswith(self._shown):
            return (
                ""  # what was shown turned out to be reasoning; the answer at the end is without it
            )
        new, self._shown = answer[len(self._shown) :], answer
        return new
