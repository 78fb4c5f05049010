"""What the sections of the settings share."""

from __future__ import annotations

import tomllib
from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    """A part of the settings: unknown keys are errors, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _from_text(value: Any) -> Any:
    """A list that comes as text, from the environment, is written as in the file."""
    if not isinstance(value, str):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError as exc:
        raise ValueError(
            f'input should be a list as in inhouse.toml, like ["a", "b"] ({exc})'
        ) from exc


FromText = BeforeValidator(_from_text)
