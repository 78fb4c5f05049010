"""Chat completions, as OpenAI's own client reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from rag.answer import Turn
from rag.settings import ApiSettings
from tests.ui.api.office import (
    GUESS,
    NOTICE,
    PUBLIC,
    QUESTION,
    WEEKS,
    Office,
    open_office,
)

ASKED: dict[str, Any] = {"model": "default", "messages": [{"role": "user", "content": QUESTION}]}


def _events(office: Office, body: dict[str, Any] = ASKED, **headers: str) -> list[Any]:
    """The events of a stream as they come over the wire, and the word at its end."""
    with office.http(**{"x-inhouse-sources": "fields"} | headers) as client:
        reply = client.post("/chat/completions", json=body | {"stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in reply.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def _content(events: list[Any]) -> str:
    choices = [choice for event in events for choice in event["choices"]]
    return "".join(choice["delta"].get("content", "") for choice in choices)


def test_each_profile_is_a_model(office: Office) -> None:
    client = office.client()
    assert [model.id for model in client.models.list()] == ["default", "hr"]
    assert client.models.retrieve("hr").owned_by == "inhouse"


def test_a_whole_answer_has_what_the_library_s_has(office: Office) -> None:
    """Its status, citations and extracts are those of the Answer; its annotations lead to the markers."""
    office.says(WEEKS, NOTICE)
    reply = office.client().chat.completions.create(**ASKED)
    answer = office.assistant().ask(QUESTION)
    kept = reply.model_extra["inhouse"]
    assert kept["status"] == answer.status.value == "grounded"
    for name, passages in (("citations", answer.citations), ("extracts", answer.extracts)):
        stripped = [
            {k: v for k, v in passage.items() if k not in ("url", "n")} for passage in kept[name]
        ]
        expected = [passage.model_dump(mode="json") for passage in passages]
        assert stripped == [{k: v for k, v in passage.items() if k != "n"} for passage in expected]
    message = reply.choices[0].message
    content, annotations = message.content or "", message.annotations or []
    assert content == f"{WEEKS} [1] {NOTICE} [2]"
    assert len(annotations) == len(answer.citations) == 2
    for annotation, citation in zip(annotations, answer.citations, strict=True):
        cited = annotation.url_citation
        assert content[cited.start_index : cited.end_index] == f"[{citation.n}]"
        assert cited.title == citation.title
        assert cited.url.startswith(f"{PUBLIC}/open/")
        assert f"/{citation.start}-{citation.end}-" in cited.url
        assert cited.model_extra == {"quote": citation.quote, "page": citation.page}
    assert reply.usage is not None
    assert reply.usage.total_tokens == 45


def test_a_stream_says_the_same_in_the_promised_order(office: Office) -> None:
    """Role, sentences, a chunk for each citation, the end, nothing more; each fits OpenAI's types."""
    office.says(WEEKS, NOTICE)
    whole = office.client().chat.completions.create(**ASKED)
    events = _events(office)
    for event in events:
        ChatCompletionChunk.model_validate(event)
    deltas = [event["choices"][0]["delta"] for event in events]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert [set(delta) for delta in deltas[1:]] == [{"content"}] * 2 + [{"annotations"}] * 2 + [
        set()
    ]
    assert _content(events) == whole.choices[0].message.content
    annotations = [annotation for delta in deltas for annotation in delta.get("annotations", ())]
    message = whole.choices[0].message.model_dump(exclude_unset=True)
    assert annotations == message["annotations"]
    assert [event["choices"][0]["finish_reason"] for event in events][-2:] == [None, "stop"]
    assert events[-1]["inhouse"] == whole.model_extra["inhouse"]
    assert all("inhouse" not in event and "usage" not in event for event in events[:-1])
    assert len({(event["id"], event["created"], event["model"]) for event in events}) == 1


def test_tokens_are_counted_if_that_is_asked_for(office: Office) -> None:
    """In one more chunk, the only one without choices; all others say that they have no count."""
    events = _events(office, ASKED | {"stream_options": {"include_usage": True}})
    assert events[-1]["choices"] == []
    assert events[-1]["usage"] == {
        "prompt_tokens": 40,
        "completion_tokens": 5,
        "total_tokens": 45,
    }
    assert all(event["choices"] and event["usage"] is None for event in events[:-1])


def test_a_sentence_that_nothing_supports_is_never_released(office: Office) -> None:
    office.says(WEEKS, GUESS, NOTICE)
    events = _events(office)
    assert _content(events) == f"{WEEKS} [1] {NOTICE} [2]"
    assert "crib" not in json.dumps(events)
    assert events[-1]["inhouse"]["status"] == "partial"


@pytest.mark.parametrize("stream", [False, True])
def test_where_nothing_is_supported_the_documents_answer(office: Office, stream: bool) -> None:
    """Their own sentences are the content, with citations; a chat program is no worse than the page."""
    office.says(GUESS)
    if stream:
        events = _events(office)
        content, kept = _content(events), events[-1]["inhouse"]
    else:
        reply = office.client().chat.completions.create(**ASKED)
        content, kept = reply.choices[0].message.content or "", reply.model_extra["inhouse"]
    assert content.startswith(f"“{WEEKS} {NOTICE}” [1]")
    assert kept["status"] == "unsupported"
    assert kept["citations"] == []
    numbers = [extract["n"] for extract in kept["extracts"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert content.count("” [") == len(numbers), "and none is left out"


def test_without_a_model_server_the_documents_answer(office: Office) -> None:
    """And its place on the network is not told."""
    office.model.behaviour = "500"
    try:
        reply = office.client().chat.completions.create(**ASKED)
    finally:
        office.says(WEEKS)
    kept = reply.model_extra["inhouse"]
    assert WEEKS in (reply.choices[0].message.content or "")
    assert kept["status"] == "model_unavailable"
    assert kept["notices"] == ["The model does not answer just now."]
    assert "127.0.0.1" not in reply.model_dump_json()


def test_what_the_documents_do_not_say_is_said_so(office: Office) -> None:
    office.says("The documents do not say.")
    question = "Which volcano erupted in 1883?"
    request = ASKED | {"messages": [{"role": "user", "content": question}]}
    reply = office.client().chat.completions.create(**request)
    assert reply.choices[0].message.content
    assert "volcano" not in reply.choices[0].message.content
    assert reply.model_extra["inhouse"]["status"] == office.assistant().ask(question).status.value
    assert _content(_events(office, request)) == reply.choices[0].message.content


def test_what_is_counted_comes_as_a_table(office: Office) -> None:
    """A list that needs no model is Markdown, and whoever may not read a document does not see it."""
    office.says(WEEKS)
    request = ASKED | {"messages": [{"role": "user", "content": "Which documents are there?"}]}
    content = {
        who: office.client(who).chat.completions.create(**request).choices[0].message.content or ""
        for who in ("anna", "bert")
    }
    assert "zanzibarium" in content["anna"]
    assert "zanzibarium" not in content["bert"]
    assert "| --- |" in content["bert"]
    assert f"[Parental leave](<{PUBLIC}/open/" in content["bert"]
    assert not office.model.requests


def test_offsets_count_code_points(office: Office) -> None:
    """A character beyond 16 bits, in a sentence before, is one."""
    office.says("🎉 " + WEEKS, NOTICE)
    reply = office.client().chat.completions.create(**ASKED)
    message = reply.choices[0].message
    for annotation in message.annotations or []:
        cited = annotation.url_citation
        assert (message.content or "")[cited.start_index : cited.end_index].startswith("[")


def test_open_webui_gets_the_quote_as_a_source(office: Office) -> None:
    """In the chunk of the citation, with the same address, so that it is shown once."""
    office.says(WEEKS)
    cited = [e for e in _events(office, **{"X-OpenWebUI-User-Name": "x"}) if "event" in e]
    assert len(cited) == 1
    (annotation,) = cited[0]["choices"][0]["delta"]["annotations"]
    data = cited[0]["event"]["data"]
    assert cited[0]["event"]["type"] == "source"
    assert data["source"]["name"] == "Parental leave"
    assert data["document"] == [WEEKS]
    assert data["metadata"][0]["source"] == annotation["url_citation"]["url"]
    assert all("event" not in event for event in _events(office))


@pytest.mark.parametrize(
    ("headers", "is_listed"),
    [
        ({"user-agent": "curl/8"}, True),
        ({"user-agent": "OpenAI/Python 3"}, False),
        ({"user-agent": "curl/8", "x-openwebui-user-id": "7"}, False),
        ({"user-agent": "OpenAI/JS 6", "x-inhouse-sources": "text"}, True),
        ({"user-agent": "curl/8", "x-inhouse-sources": "fields"}, False),
    ],
)
def test_sources_are_listed_for_programs_that_show_no_fields(
    office: Office, headers: dict[str, str], is_listed: bool
) -> None:
    """Below the text, linked; whole and in a stream alike."""
    office.says(WEEKS)
    with office.http(**headers) as client:
        reply = client.post("/chat/completions", json=ASKED).json()
    content = reply["choices"][0]["message"]["content"]
    listed = "\n\n**Sources**\n\n1. [Parental leave](<https://inhouse.example.org/open/"
    assert (listed in content) is is_listed
    events = _events(office, **{"x-inhouse-sources": "auto"} | headers)
    assert _content(events) == content
    ChatCompletion.model_validate(reply)


def test_a_conversation_comes_with_each_request(office: Office) -> None:
    """The earlier answer is read without its markers and its list of sources; `system` is ignored."""
    office.says(WEEKS)
    with office.http(**{"x-inhouse-sources": "text"}) as client:
        first = client.post("/chat/completions", json=ASKED).json()["choices"][0]["message"]
        messages = [
            {"role": "system", "content": "You are a pirate."},
            *ASKED["messages"],
            {"role": first["role"], "content": first["content"]},
            {"role": "user", "content": [{"type": "text", "text": "And when do I tell my lead?"}]},
        ]
        office.says(NOTICE)
        tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
        more = {"temperature": 2, "tools": tools, "max_tokens": 3, "seed": 1}
        reply = client.post("/chat/completions", json=ASKED | more | {"messages": messages})
    sent = json.dumps(office.model.requests)
    assert "pirate" not in sent
    assert "**Sources**" not in sent
    assert f"{WEEKS} [1]" not in sent
    history = [Turn(question=QUESTION, answer=WEEKS)]
    answer = office.assistant().ask("And when do I tell my lead?", history=history)
    assert reply.json()["inhouse"]["status"] == answer.status.value


def test_without_a_public_address_no_link_is_made_up(tmp_path: Path) -> None:
    """The citations are there, in `inhouse` and in the list of sources; tokens come as they are said."""
    with open_office(tmp_path, api=ApiSettings(stream="tokens"), public_url="") as office:
        reply = office.client().chat.completions.create(**ASKED)
        assert reply.choices[0].message.annotations == []
        assert reply.model_extra["inhouse"]["citations"][0]["url"] is None
        assert f"**Sources**\n\n1. Parental leave, Parental leave: “{WEEKS}”" in (
            reply.choices[0].message.content or ""
        )
        assert "http" not in reply.model_dump_json()
        office.says(WEEKS, GUESS)
        events = _events(office, **{"x-openwebui-user-id": "7"})
        content = [event["choices"][0]["delta"].get("content") for event in events]
        assert [text for text in content if text][:3] == ["Parental ", "leave ", "is "]
        assert _content(events) == f"{WEEKS} {GUESS}"
        (source,) = [event["event"]["data"] for event in events if "event" in event]
        assert source["source"] == {"name": "Parental leave"}
        office.says(GUESS)
        content = _content(_events(office))
        assert content.startswith(GUESS)
        assert f"“{WEEKS} {NOTICE}” [1]" in content, "the documents' own words follow"


def test_an_answer_is_in_the_language_of_the_program(office: Office) -> None:
    """Headings and notes follow Accept-Language; the list of sources is still taken out of a history."""
    office.says(WEEKS)
    headers = {"accept-language": "de", "x-inhouse-sources": "text"}
    with office.http(**headers) as client:
        content = client.post("/chat/completions", json=ASKED).json()["choices"][0]["message"]
        assert "**Quellen**" in content["content"]
        messages = [*ASKED["messages"], content, {"role": "user", "content": "And why is that?"}]
        office.says(NOTICE)
        client.post("/chat/completions", json=ASKED | {"messages": messages})
    assert "Quellen" not in json.dumps(office.model.requests)


LURES = (
    "![chart](https://evil.example/x.png)",
    "![chart][1]",
    "[click](https://evil.example/)",
    "\\![chart](https://evil.example/x.png)",
    "\\\\[click](https://evil.example/)",
    "<img src=https://evil.example/x.png>",
    "[1]: https://evil.example/x.png",
)


@pytest.mark.parametrize("release", ["sentences", "tokens"])
@pytest.mark.parametrize("is_said", [True, False])
def test_nothing_in_a_text_becomes_a_link_or_a_picture(
    tmp_path: Path, release: Any, is_said: bool
) -> None:
    """Neither of what the model repeats from a document, nor of the document's own words."""
    from markdown_it import MarkdownIt

    lines = [
        f"Item {n} of the chart is due in May {lure} as planned." for n, lure in enumerate(LURES)
    ]
    extra = {"handbook/lures.md": "# Chart\n\n" + "\n\n".join(lines) + "\n"}
    with open_office(tmp_path, api=ApiSettings(stream=release), documents=extra) as office:
        office.says(*(lines if is_said else ["Nobody knows."]))
        question = "Which item of the chart is due in May as planned?"
        events = _events(office, ASKED | {"messages": [{"role": "user", "content": question}]})
    content = _content(events)
    assert ("evil.example" if is_said else "Item 1 of the chart") in content, "it is there as text"
    html = MarkdownIt("commonmark", {"html": True}).render(content)
    assert "<img" not in html
    assert "<a " not in html


def test_an_invented_answer_is_not_taken_for_a_refusal(office: Office) -> None:
    """Where the documents say nothing at all, the profile's sentence says so, and not the model."""
    office.says("Krakatoa erupted in 1883.")
    messages = [{"role": "user", "content": "Which volcano erupted in 1883?"}]
    content = _content(_events(office, ASKED | {"messages": messages}))
    assert content
    assert "Krakatoa" not in content
