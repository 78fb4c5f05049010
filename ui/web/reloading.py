"""Settings that a running page takes over when it is told to (SIGHUP); the others wait for a restart."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rag.errors import InhouseError
from rag.settings import Settings
from ui.web.assistant_service import Answering
from ui.web.profiles import list_profiles

if TYPE_CHECKING:
    from ui.web.app_state import AppState
    from ui.web.security.guard import Rules

RELOADED = (
    *("llm.", "retrieval.", "answers.", "api.jwt_", "embedder.", "web.metrics_token", "web.names"),
    *("web.requests_per_minute", "web.questions_per_minute", "web.answers_at_once"),
    *("profile", "web.profiles"),
)
"""Beginnings of the keys that are taken over: what an answer is made with, keys of programs, and limits.
Where the page listens, and who may come in, do not change under people's feet."""
_log = logging.getLogger(__name__)


class SettingsReload:
    """Reads the settings again and has a running application go by them; one reload at a time.

    `load` reads them, `open_assistant` opens an assistant with them. What is wrong is logged, and then
    everything stays as it was.
    """

    def __init__(
        self,
        app_state: AppState,
        rules: Rules,
        load: Callable[[], Settings],
        open_assistant: Callable[[Settings], Answering],
    ) -> None:
        self._app_state, self._rules = app_state, rules
        self._load, self._open = load, open_assistant
        self._lock = threading.Lock()

    def start(self) -> None:
        """Reload in a thread: opening an assistant takes seconds, and people are answered meanwhile."""
        threading.Thread(target=self.reload, name="inhouse-reload", daemon=True).start()

    def reload(self) -> None:
        """Take over what can be, and name the rest in the log."""
        with self._lock:
            old = self._app_state.settings
            try:
                loaded = self._load()
                changed = sorted(_changed(old, loaded))
                settings = _taken_over(old, loaded)
                # Also where nothing changed: the index may have another embedder since `inhouse reembed`.
                # The same goes for the files of profiles.
                profiles = list_profiles(settings)
                self._app_state.service.replace(lambda: self._open(settings), profiles)
            except InhouseError as exc:
                _log.error("The settings are not read again, those before stay: %s", exc)
                return
            self._app_state.settings = settings
            self._app_state.admission.replace_keys(settings.api)
            self._rules.go_by(settings.web)
            self._app_state.questions.set_per_minute(settings.web.questions_per_minute)
            self._app_state.places.per_person = settings.web.answers_at_once
            taken = [key for key in changed if key.startswith(RELOADED)]
            waiting = [key for key in changed if not key.startswith(RELOADED)]
            _log.info(
                "The settings have been read again. Changed: %s.", ", ".join(taken) or "nothing"
            )
            if waiting:
                _log.warning("These settings take effect after a restart: %s.", ", ".join(waiting))


def _taken_over(old: Settings, loaded: Settings) -> Settings:
    """The old settings with those of the new ones that can be taken over."""
    values = old.model_dump()
    for section, keys in loaded.model_dump().items():
        if isinstance(keys, dict):
            for key, value in keys.items():
                if f"{section}.{key}".startswith(RELOADED):
                    values[section][key] = value
        elif section.startswith(RELOADED):
            values[section] = keys
    return Settings.model_validate(values)


def _changed(old: Settings, loaded: Settings) -> Iterator[str]:
    before = old.model_dump()
    for section, keys in loaded.model_dump().items():
        if not isinstance(keys, dict):
            if keys != before[section]:
                yield section
            continue
        yield from (
            f"{section}.{key}" for key, value in keys.items() if value != before[section][key]
        )
