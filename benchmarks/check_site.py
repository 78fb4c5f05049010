"""Whether a built site is whole: `python benchmarks/check_site.py FOLDER`.

Every link within it leads to a file that is there and, behind a #, to a place on that page; and no page loads
anything from elsewhere.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

_LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""What a browser fetches by itself, by the attribute that names it."""
_NOT_FETCHED = {"canonical", "next", "prev", "alternate"}
_HOME = "http://site/"
_NOT_FOUND = "404.html"  # its links are for the root of a web server


class _Page(HTMLParser):
    """The targets and the places of one page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.places, self.links, self.loaded = {""}, set[str](), set[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value is not None}
        self.places |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        relations = set(values.get("rel", "").split())
        if (name := _LOADED.get(tag)) in values and not relations & _NOT_FETCHED:
            self.loaded.add(values[str(name)])


def main() -> None:
    """Print every fault, and end with 1 if there is one."""
    folder = Path(sys.argv[1])
    faults = list(find_faults(folder))
    print("\n".join(faults) or f"{len(list(folder.rglob('*.html')))} pages: every link is right.")
    sys.exit(bool(faults))


def find_faults(folder: Path) -> list[str]:
    """One sentence for each link that leads nowhere, and each thing that is loaded from elsewhere."""
    files = [file for file in sorted(folder.rglob("*.html")) if file.name != _NOT_FOUND]
    pages = {file.relative_to(folder).as_posix(): _Page(file.read_text("utf-8")) for file in files}
    faults = []
    for name, page in pages.items():
        for target in sorted(page.links | page.loaded):
            address = urlsplit(urljoin(_HOME + name, target))
            if not urlsplit(urljoin(_HOME + name, target)).geturl().startswith(_HOME):
                if target in page.loaded and address.scheme != "data":
                    faults.append(f"{name} loads {target}")
                continue
            path = unquote(address.path.lstrip("/")) or "index.html"
            if not (folder / path).is_file():
                faults.append(f"{name} links to {target}: there is no {path}")
            elif path in pages and unquote(address.fragment) not in pages[path].places:
                faults.append(f"{name} links to {target}: there is no such place in {path}")
    return faults


if __name__ == "__main__":
    main()
