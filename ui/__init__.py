"""Both front ends of Inhouse: the terminal and the browser."""

from __future__ import annotations

from inhouse.own_packages import require_own_packages as _require_own_packages

__distribution__ = "inhouse"
_require_own_packages("rag", "ingest")
