"""vLLM asked directly: the bytes that Inhouse sent, sent again by nothing but an HTTP client."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx

_METRIC = re.compile(r"^vllm:prefix_cache_(queries|hits)_total(?:\{[^}]*\})? ([\d.e+]+)$", re.M)


@dataclass(frozen=True)
class TimedReply:
    """Seconds to the first word and to the end, and the tokens of prompt and answer."""

    first: float
    total: float
    prompt_tokens: int
    completion_tokens: int


class Vllm:
    """A vLLM by its base URL, over connections that are kept."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(timeout=120, trust_env=False)

    def ask(self, body: dict[str, Any], salt: str) -> TimedReply:
        """Stream the answer to `body`; `salt` keeps its cached prefixes apart from those of others."""
        started = time.perf_counter()
        first, usage = 0.0, {}
        request = {**body, "cache_salt": salt}
        with self._client.stream("POST", f"{self.url}/chat/completions", json=request) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                if not line.startswith("data: {"):
                    continue
                chunk = json.loads(line[6:])
                usage = chunk.get("usage") or usage
                if not first and chunk["choices"] and chunk["choices"][0]["delta"].get("content"):
                    first = time.perf_counter() - started
        total = time.perf_counter() - started
        return TimedReply(first or total, total, usage["prompt_tokens"], usage["completion_tokens"])

    def prefix_cache(self) -> tuple[int, int]:
        """Tokens looked up in the prefix cache since vLLM's start, and how many of them were there."""
        text = self._client.get(self.url.removesuffix("/v1") + "/metrics").text
        counters = {name: float(value) for name, value in _METRIC.findall(text)}
        return int(counters["queries"]), int(counters["hits"])
