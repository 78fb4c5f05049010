"""The page's Gradio Blocks send a skipped output as it is, and the others as Gradio does."""

from __future__ import annotations

import asyncio
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from ui.web.page_blocks import PageBlocks


def send(values: list[Any]) -> tuple[list[Any], int]:
    """What is sent for a handler's values, and how many components the session has of its own then."""
    return asyncio.run(_send(values))


async def _send(values: list[Any]) -> tuple[list[Any], int]:
    with PageBlocks() as page:
        outputs = [gr.Markdown(), gr.State(), gr.Textbox()]
        gr.Button().click(lambda: values, None, outputs)
    session = SessionState(page)
    (function,) = page.fns.values()
    sent = await page.postprocess_data(function, values, session)
    return sent, sum(session[output._id] is not output for output in outputs if not output.stateful)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["*a*", "kept", "b"], ["*a*", None, "b"]),
        ([gr.skip(), "kept", "b"], [gr.skip(), None, "b"]),
        ([gr.skip(), gr.skip(), "b"], [gr.skip(), gr.skip(), "b"]),
        ([gr.skip(), gr.skip(), gr.skip()], [gr.skip()] * 3),
    ],
)
def test_outputs_sent(values: list[Any], expected: list[Any]) -> None:
    """A value is sent as Gradio sends it, a skipped output changes nothing, and both keep their places."""
    assert send(values)[0] == expected


def test_skipped_output_is_not_rebuilt() -> None:
    """A skipped output leaves the session's components alone; an update changes them."""
    assert send([gr.skip(), "kept", gr.skip()])[1] == 0
    sent, rebuilt = send([gr.update(visible=False), gr.skip(), gr.skip()])
    assert (sent[0], rebuilt) == ({"__type__": "update", "visible": False}, 1)
