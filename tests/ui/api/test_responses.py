"""Responses, as OpenAI's own client reads them."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.ui.api.office import GUESS, NOTICE, QUESTION, WEEKS, Office

ORDER = (
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.annotation.added",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
)


def _text(response: Response) -> Any:
    return response.output[0].content[0]  # type: ignore[union-attr]


def test_a_whole_response_says_what_a_chat_says(office: Office) -> None:
    office.says(WEEKS, GUESS, NOTICE)
    client = office.client()
    response = client.responses.create(
        model="default", input=QUESTION, instructions="Talk like a pirate.", temperature=0.5
    )
    messages: Any = [{"role": "user", "content": QUESTION}]
    chat = client.chat.completions.create(model="default", messages=messages)
    message = chat.choices[0].message
    assert response.status == "completed"
    assert response.output_text == message.content == f"{WEEKS} [1] {NOTICE} [2]"
    flat = [annotation.model_dump() for annotation in _text(response).annotations]
    nested = [annotation.url_citation.model_dump() for annotation in message.annotations or []]
    assert flat == [{"type": "url_citation"} | citation for citation in nested]
    assert response.model_extra is not None
    assert response.model_extra["inhouse"] == (chat.model_extra or {})["inhouse"]
    assert response.usage is not None
    assert chat.usage is not None
    assert response.usage.total_tokens == chat.usage.total_tokens
    assert "pirate" not in str(office.model.requests)


def test_a_stream_of_events_is_in_order_and_ends_with_the_whole(office: Office) -> None:
    """Each event has OpenAI's type and its number; what is added up is what is there at the end."""
    office.says(WEEKS, NOTICE)
    whole = office.client().responses.create(model="default", input=QUESTION)
    stream = office.client().responses.create(model="default", input=QUESTION, stream=True)
    events: list[Any] = list(stream)
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for event in events:
        adapter.validate_python(event.model_dump())
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert tuple(dict.fromkeys(kinds)) == ORDER
    assert kinds.count("response.output_text.delta") == 2
    assert kinds.count("response.output_text.annotation.added") == 2
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    last: Response = events[-1].response
    assert text == last.output_text == whole.output_text
    assert _text(last).annotations == _text(whole).annotations
    assert (last.model_extra or {})["inhouse"] == (whole.model_extra or {})["inhouse"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_comes_as_input(office: Office, stream: bool) -> None:
    """Also the output of an earlier response, put in as it came."""
    office.says(WEEKS)
    client = office.client()
    first = client.responses.create(model="default", input=QUESTION)
    conversation: Any = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": QUESTION},
        *[item.model_dump(exclude_none=True) for item in first.output],
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "And when do I tell my lead?"}],
        },
    ]
    office.says(NOTICE)
    reply: Any = client.responses.create(model="default", input=conversation, stream=stream)
    response: Response = list(reply)[-1].response if stream else reply
    assert NOTICE in response.output_text
    sent = str(office.model.requests)
    assert "[1]" not in sent.partition("=== ")[0]
    assert WEEKS in sent
