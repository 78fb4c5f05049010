"""All settings of Inhouse: what there is, and how it is read."""

from __future__ import annotations

from rag.settings.loading import ENV_PREFIX, load_settings
from rag.settings.sections import (
    AnswersSettings,
    ApiSettings,
    EmbedderSettings,
    IngestSettings,
    LLMSettings,
    RetrievalSettings,
    ServeSettings,
    Settings,
)
from rag.settings.sources import AccessRule, AccessSettings, RootSettings, SourceSettings
from rag.settings.web import WebSettings

__all__ = [
    "ENV_PREFIX",
    "AccessRule",
    "AccessSettings",
    "AnswersSettings",
    "ApiSettings",
    "EmbedderSettings",
    "IngestSettings",
    "LLMSettings",
    "RetrievalSettings",
    "RootSettings",
    "ServeSettings",
    "Settings",
    "SourceSettings",
    "WebSettings",
    "load_settings",
]
