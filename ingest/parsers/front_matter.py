"""The YAML at the head of a Markdown file: what its author says of it, by names of their own."""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_END = "\n---\n"
_LONGEST = 20_000  # characters; a longer one is no front matter
_MOST_NAMES = 100
_MOST_VALUES = 200  # of one list
_LONGEST_NAME = 100
_LONGEST_VALUE = 1_000
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]{1,3})?", "-+0123456789"),
    ("null", r"~|null|Null|NULL|", "~nN"),
)
"""YAML 1.2's own kinds of a plain value. A date stays the text that it is: ISO dates are in order."""


def find_end_of_front_matter(text: str) -> int:
    """Where a front matter ends, or 0."""
    if not text.startswith("---\n"):
        return 0
    end = text.find(_END, 3, _LONGEST)
    return end + len(_END) if end > 0 else 0


def parse_front_matter(text: str) -> dict[str, Any]:
    """The names and values of a front matter without its dashes; {} where it is not such a mapping.

    Values are strings, numbers, true, false, or lists of them; what is nested deeper is left out.
    """
    import yaml

    try:
        content = _make_loader()(text).get_single_data()
    # PyYAML raises all kinds of errors for a value that is not what its tag says, such as `!!bool maybe`.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    fields: dict[str, Any] = {}
    for name, value in list(content.items())[:_MOST_NAMES]:
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            continue
        if isinstance(value, list):
            fields[name] = [_trim(item) for item in value[:_MOST_VALUES] if _is_scalar(item)]
        elif _is_scalar(value):
            fields[name] = _trim(value)
    return fields


@functools.cache
def _make_loader() -> type[yaml.SafeLoader]:
    """YAML without aliases, which can say a little so often that it fills the memory."""
    import yaml
    from yaml.composer import ComposerError

    class PlainLoader(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise ComposerError(None, None, "an alias", self.peek_event().start_mark)
            return super().compose_node(parent, index)

    PlainLoader.yaml_implicit_resolvers = {}
    for name, pattern, first in _SCALARS:
        PlainLoader.add_implicit_resolver(
            f"tag:yaml.org,2002:{name}", re.compile(rf"^(?:{pattern})$"), [*first, ""]
        )
    return PlainLoader


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _trim(value: Any) -> Any:
    return value[:_LONGEST_VALUE] if isinstance(value, str) else value
