"""A small OpenAI-compatible server that misbehaves on demand, over real HTTP."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

WORDS = ("Parental ", "leave ", "is ", "16 ", "weeks.")


class ModelServer:
    """Serves one model, `name`, with a `window` of so many words; `behaviour` says how it answers a chat.

    answer: `words`, then token counts. 500: an error in JSON. garbage: an event that is no JSON. html: a
    page. stall: two words, then silence. cut: two words, then a closed connection. hang: nothing at all.
    endless: words until the reader goes away, which sets `left`; loop: the same sentence over and over.
    error: an error event in the stream. empty: no words. long: `words`, ended by the limit on tokens.
    bytes: text that is no UTF-8. drop: the first connection is closed without a word, the next answers.
    What is not streamed is one word: `score` gives the probabilities of its alternatives for a question.
    `most`: how many chats were under way at a time.
    """

    def __init__(
        self, behaviour: str = "answer", name: str = "fake-model", *, port: int = 0
    ) -> None:
        self.behaviour, self.name, self.words = behaviour, name, WORDS
        self.window: int | None = None
        self.owner = "somebody"
        self.counted = 0
        self.score: Callable[[str], dict[str, float]] = lambda _: {}
        self.requests: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.sessions: list[str] = []
        self.under_way = self.most = 0
        self.lock = threading.Lock()
        self.left = threading.Event()
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", port), _ModelHandler)
        self._server.model = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def entry(self) -> dict[str, Any]:
        """What it says of its model."""
        named = {"id": self.name, "owned_by": self.owner}
        return named | ({"max_model_len": self.window} if self.window else {})

    def events(self) -> Iterator[bytes]:
        """What it streams; an empty one closes the connection in the middle."""
        words = self.words
        if self.behaviour == "garbage":
            words = ()
            yield b"data: {not json\n\n"
        elif self.behaviour in ("stall", "cut", "error"):
            words = words[:2]
        elif self.behaviour in ("empty", "bytes"):
            words = ()
        for word in words:
            yield self._event({"content": word})
        if self.behaviour == "stall":
            self.over.wait(10)
        elif self.behaviour == "cut":
            yield b""
        elif self.behaviour == "error":
            yield b'data: {"error": {"message": "the engine died", "code": 500}}\n\n'
        elif self.behaviour == "bytes":
            yield b'data: {"choices": [{"index": 0, "delta": {"content": "\xff\xfe"}}]}\n\n'
        sentence = "word " if self.behaviour == "endless" else "Leave is 16 weeks and so on. "
        number = 0
        while self.behaviour in ("endless", "loop") and not self.over.is_set():
            number += 1
            yield self._event(
                {"content": sentence if self.behaviour == "loop" else f"{sentence}{number} "}
            )
            time.sleep(0.005)
        yield self._event({}, finish="length" if self.behaviour == "long" else "stop")
        yield self._event(
            None, usage={"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 45}
        )
        yield b"data: [DONE]\n\n"

    def _event(self, delta: dict[str, str] | None, finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self.name,
            "choices": [] if delta is None else [choice],
            **more,
        }
        return f"data: {json.dumps(event)}\n\n".encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    model: ModelServer


class _ModelHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        model = self.server.model
        self._send(200, json.dumps({"object": "list", "data": [model.entry()]}))

    def do_POST(self) -> None:
        model = self.server.model
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = json.loads(body)
        if self.path.endswith("/tokenize"):
            self._count(request["prompt"])
            return
        model.requests.append(request)
        model.bodies.append(body)
        model.sessions.append(self.headers.get("X-Session-ID", ""))
        if model.behaviour == "drop" and len(model.requests) == 1:
            self.close_connection = True
        elif request["model"] != model.name:
            self._send(404, json.dumps({"error": {"message": f"no model {request['model']}"}}))
        elif model.behaviour == "500":
            self._send(500, json.dumps({"error": {"message": "out of memory\nat line 1"}}))
        elif model.behaviour == "html":
            self._send(200, "<html>Welcome!</html>", "text/html")
        elif model.behaviour == "hang":
            model.over.wait(10)
            self.close_connection = True
        else:
            with model.lock:
                model.under_way += 1
                model.most = max(model.most, model.under_way)
            try:
                self._stream() if request.get("stream") else self._answer(request)
            finally:
                with model.lock:
                    model.under_way -= 1

    def _count(self, prompt: str) -> None:
        """As vLLM does, where the model has a window: a token is a word."""
        if self.server.model.window is None:
            self._send(404, json.dumps({"detail": "Not Found"}))
        else:
            self.server.model.counted += 1
            self._send(200, json.dumps({"count": len(prompt.split())}))

    def _answer(self, request: dict[str, Any]) -> None:
        """One word as a whole, with its log-probabilities where the model has any."""
        model = self.server.model
        scores = model.score(request["messages"][-1]["content"])
        alternatives = [
            {"token": token, "logprob": math.log(share), "bytes": None}
            for token, share in scores.items()
        ]
        first = alternatives[:1]
        logprobs = {"content": [first[0] | {"top_logprobs": alternatives}]} if first else None
        message = {"role": "assistant", "content": first[0]["token"] if first else ""}
        choice = {"index": 0, "message": message, "finish_reason": "length", "logprobs": logprobs}
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": model.name}
        self._send(200, json.dumps(reply | {"choices": [choice]}))

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for event in self.server.model.events():
                if not event:
                    self.close_connection = True
                    return
                self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.server.model.left.set()
            self.close_connection = True

    def _send(self, status: int, body: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""
