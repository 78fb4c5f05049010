"""The interface for programs: OpenAI's chat and responses, search and documents, over HTTP."""

from __future__ import annotations

from rag.extras import require_extra as _require_extra

_require_extra("api", "The interface for programs")
