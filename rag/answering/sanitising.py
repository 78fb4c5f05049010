"""Other people's text as a model is told it: documents, questions and earlier answers are data.

What stands in them may be meant to give orders. Nothing keeps a model from following a sentence that it
reads, and nothing of ours rests on that; but no text may leave its place in the prompt, or hide in it.
"""

from __future__ import annotations

import re

# Zero-width and direction marks, soft hyphens, and the tag characters that spell out a second text.
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
# Words of chat templates. A server reads them as the end of a message, wherever they stand.
_TEMPLATE = re.compile(
    r"<[|｜][^<>\s]{1,60}[|｜]>|</?s>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk|sep|cls|mask)>"
    r"|\[/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<</?SYS>>|<end_of_utterance>",
    re.IGNORECASE,
)


def sanitise_untrusted(text: str, fence: str = "") -> str:
    """The text without what cannot be seen, with the words of chat templates broken, without the fence."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if fence:
        marker = re.compile(re.escape(fence), re.IGNORECASE)
        while marker.search(text):  # what is left when one is taken out may be another
            text = marker.sub("", text)
    return _TEMPLATE.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)
