"""The documents as tools of a chat program or an agent, over the Model Context Protocol."""

from __future__ import annotations

from rag.extras import require_extra as _require_extra

_require_extra("api", "MCP")
