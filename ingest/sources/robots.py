"""robots.txt as RFC 9309 has it: the longest rule that fits counts, `*` and `$` are understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

AGENT = "inhouse"
_LONGEST = 500 * 1024  # bytes that RFC 9309 wants to be read


@dataclass(slots=True)
class _RobotsGroup:
    agents: list[str] = field(default_factory=list)
    rules: list[tuple[str, bool]] = field(default_factory=list)


class Robots:
    """What a site's robots.txt allows this program."""

    def __init__(self, text: str) -> None:
        groups = list(_groups(text[:_LONGEST]))
        ours = [group for group in groups if AGENT in group.agents]
        chosen = ours or [group for group in groups if "*" in group.agents]
        rules = [rule for group in chosen for rule in group.rules if rule[0]]
        # Of two rules of one length the one that allows counts.
        rules.sort(key=lambda rule: (len(rule[0]), rule[1]), reverse=True)
        self._rules = [(_compile(path), allows) for path, allows in rules]

    def allows(self, path: str) -> bool:
        """Whether a page may be read; `path` with its query."""
        return next((allows for rule, allows in self._rules if rule.match(path)), True)


def _groups(text: str) -> Iterator[_RobotsGroup]:
    group = _RobotsGroup()
    for line in text.splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            if group.rules:
                yield group
                group = _RobotsGroup()
            group.agents.append(value.partition("/")[0].lower())
        elif key in ("allow", "disallow") and group.agents:
            group.rules.append((value, key == "allow"))
    yield group


def _compile(path: str) -> re.Pattern[str]:
    """A rule's path: `*` is anything, a `$` at the end is the end. It never goes back, so it is fast."""
    is_whole = path.endswith("$")
    parts = re.sub(r"\*+", "*", path.removesuffix("$")).split("*")
    pattern = re.escape(parts[0]) + "".join(f"(?>.*?{re.escape(part)})" for part in parts[1:-1])
    if len(parts) > 1:
        last = re.escape(parts[-1])
        pattern += f".*{last}" if is_whole else f"(?>.*?{last})"
    return re.compile(pattern + ("$" if is_whole else ""), re.DOTALL)
