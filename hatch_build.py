"""What the distribution says of itself that depends on where its repository is: URLs, and the README's links.

The address is that of the environment's INHOUSE_REPOSITORY, else of git's remote `origin`, else (in a source
distribution) of PKG-INFO. Where there is none, links within the repository become plain words.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)")
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|#|mailto:)([^)\s]+)\)")


class RepositoryMetadataHook(MetadataHookInterface):
    """Fill in `readme` and `urls`."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        root = Path(self.root)
        address = find_repository(root)
        text = (root / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": absolute_links(text, address),
        }
        if address:
            metadata["urls"] = {
                "Repository": address,
                "Documentation": f"{address}/tree/main/docs",
                "Changelog": f"{address}/blob/main/CHANGELOG.md",
                "Issues": f"{address}/issues",
            }


def find_repository(root: Path) -> str:
    """The repository's https address without a slash at its end, or ""."""
    address = os.environ.get("INHOUSE_REPOSITORY", "")
    if not address and (root / ".git").exists():
        command = ["git", "-C", str(root), "config", "--get", "remote.origin.url"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError:  # a checkout without git
            done = None
        address = done.stdout.strip() if done else ""
    if not address and (root / "PKG-INFO").exists():
        kept = re.search(
            r"^Project-URL: Repository, (\S+)$", (root / "PKG-INFO").read_text("utf-8"), re.M
        )
        address = kept[1] if kept else ""
    address = re.sub(r"^git@([^:]+):", r"https://\1/", address)
    return address.removesuffix("/").removesuffix(".git") if address.startswith("https:") else ""


def absolute_links(text: str, address: str) -> str:
    """The README for a page elsewhere: links and pictures with the address, or without any."""
    if not address:
        return _LINK.sub(r"\1", _PICTURE.sub(r"*\1*", text))
    text = _PICTURE.sub(rf"![\1]({address}/raw/main/\2)", text)
    return _LINK.sub(rf"[\1]({address}/blob/main/\2)", text)
