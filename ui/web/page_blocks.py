"""Gradio's Blocks, without the work that it does for outputs that stay as they are."""

from __future__ import annotations

import copy
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.state_holder import SessionState


class PageBlocks(gr.Blocks):
    """A page whose skipped outputs cost nothing.

    Gradio constructs the component of an output anew for each `gr.skip()`, about 1 ms of processor time, and
    a streamed answer skips five of its seven outputs twenty times.
    """

    async def postprocess_data(
        self,
        block_fn: BlockFunction,
        predictions: list[Any] | dict[str, Any],
        state: SessionState | None,
    ) -> list[Any]:
        """What is sent of each output; `gr.skip()` goes to the page as it is and changes nothing there."""
        if not isinstance(predictions, list) or len(predictions) != len(block_fn.outputs):
            return await super().postprocess_data(block_fn, predictions, state)
        sent: list[Any] = [gr.skip() for _ in predictions]
        changed = [index for index, value in enumerate(predictions) if value != gr.skip()]
        if changed:
            smaller = copy.copy(block_fn)
            smaller.outputs = [block_fn.outputs[index] for index in changed]
            values: Any = [predictions[index] for index in changed]
            processed = await super().postprocess_data(
                smaller, values if len(values) > 1 else values[0], state
            )
            for index, value in zip(changed, processed, strict=True):
                sent[index] = value
        return sent
