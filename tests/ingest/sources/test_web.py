"""A source of kind web, with a real server and real requests."""

from __future__ import annotations

import gzip
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.sources.addresses import is_allowed
from ingest.sources.robots import Robots
from ingest.sources.web_page import normalize, read_links
from tests.ingest.sources.site import WebSite, web_page
from tests.ingest.sources.world import SourceHome


@pytest.fixture
def site() -> Iterator[WebSite]:
    """A start page, three pages that it leads to, one that only these lead to, and one of another folder."""
    site = WebSite()
    site.put("/docs/", web_page("Start", "a.html", "/docs/b.html", "c.html#part", "/other/x.html"))
    site.put(
        "/docs/a.html", web_page("Anvils", "deep/d.html", "a.html?page=2", "mailto:a@b.example")
    )
    site.put("/docs/b.html", web_page("Bellows", "./a.html", "http://other.example/y.html"))
    site.put("/docs/c.html", web_page("Chisels"))
    site.put("/docs/deep/d.html", web_page("Drills"))
    site.put("/other/x.html", web_page("Elsewhere"))
    yield site
    site.close()


@pytest.fixture
def web(tmp_path: Path, site: WebSite) -> SourceHome:
    """The source that reads it."""
    return SourceHome(
        tmp_path, kind="web", name="wiki", url=f"{site.url}/docs/", readers=["*"], allow_private=True
    )  # fmt: skip


def names(home: SourceHome) -> set[str]:
    """The paths of the pages in the index."""
    return {path.partition("/")[2] for path in home.readers()}


ALL = {"docs/", "docs/a.html", "docs/b.html", "docs/c.html", "docs/deep/d.html"}


def test_a_site_is_crawled_and_followed(web: SourceHome, site: WebSite) -> None:
    """Below its folder and on its host; a second run is sent nothing, and changes are followed."""
    report = web.ingest()
    assert (report.added, report.exit_code, names(web)) == (5, 0, ALL)
    assert site.requests["/other/x.html"] == 0
    assert site.requests["/docs/a.html?page=2"] == 0
    site.sent.clear()
    report = web.ingest()
    assert (report.unchanged, report.changes, report.chunks_embedded, site.sent) == (5, 0, 0, [])
    site.put("/docs/c.html", web_page("Chisels", "new.html", body="They are sharp."))
    site.put("/docs/new.html", web_page("Nails"))
    del site.pages["/docs/deep/d.html"]
    report = web.ingest()
    assert (report.added, report.updated, report.deleted) == (1, 1, 1)
    assert names(web) == ALL - {"docs/deep/d.html"} | {"docs/new.html"}


def test_a_lost_cache_costs_only_requests(web: SourceHome, site: WebSite) -> None:
    """The content is the revision, so that pages which are sent again are not read again."""
    web.ingest()
    (web.data / "sources/web/wiki/pages.json").write_text("nonsense")
    assert (web.ingest().unchanged, len(site.sent)) == (5, 10)


def test_robots_canonical_and_noindex_are_obeyed(web: SourceHome, site: WebSite) -> None:
    """As are redirects: a page is listed once, under its last address."""
    site.put("/robots.txt", "User-agent: *\nDisallow: /docs/*b.html$\n", "text/plain")
    site.put("/docs/c.html", web_page("C", head='<link rel="canonical" href="/docs/deep/d.html">'))
    site.put(
        "/docs/a.html", web_page("A", "old.html", head='<meta name="robots" content="noindex">')
    )
    site.answers["/docs/old.html"] = (301, {"Location": "/docs/moved.html"})
    site.put("/docs/moved.html", web_page("Moved"))
    assert web.ingest().exit_code == 0
    assert names(web) == {"docs/", "docs/deep/d.html", "docs/moved.html"}
    assert site.requests["/docs/b.html"] == 0


def test_a_sitemap_names_the_pages(web: SourceHome, site: WebSite) -> None:
    """Also one that names others, packed or not; links are not followed then."""
    web.settings["sitemap"] = f"{site.url}/sitemap.xml"
    inner = f"<urlset><url><loc>{site.url}/docs/a.html</loc></url><url><loc>/docs/c.html</loc></url></urlset>"
    site.put(
        "/sitemap.xml",
        f"<sitemapindex><sitemap><loc>{site.url}/1.xml.gz</loc></sitemap></sitemapindex>",
    )
    site.pages["/1.xml.gz"], site.types["/1.xml.gz"] = (
        gzip.compress(inner.encode()),
        "application/gzip",
    )
    assert web.ingest().exit_code == 0
    assert names(web) == {"docs/a.html", "docs/c.html"}
    site.put("/sitemap.xml", "<sitemapindex>")
    report = web.ingest()
    assert (report.deleted, report.exit_code) == (0, 1)
    assert "has a sitemap that makes no sense" in report.roots[0].reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, {}), "does not accept the credentials, or they have expired"),
        ((429, {}), "asks to wait (a rate limit); the next run tries again"),
        ((503, {}), "answers 503 at"),
        ((404, {}), "answers 404 at"),
        ((302, {"Location": "https://login.example.org/"}), "does it want a sign-in?"),
    ],
)
def test_a_site_that_refuses_loses_nothing(
    web: SourceHome, site: WebSite, answer: tuple[int, dict[str, str]], reason: str
) -> None:
    """One sentence, exit code 1, a line in the ledger."""
    web.ingest()
    site.answers["/docs/"] = answer
    report = web.ingest()
    assert (report.changes, report.exit_code, names(web) - {""}) == (0, 1, ALL)
    assert reason in report.roots[0].reason
    assert web.states()[""] == "failed"


def test_a_server_that_dies_in_the_middle_deletes_nothing(web: SourceHome, site: WebSite) -> None:
    """Nor while it is listed, nor by one page that is broken for a while: what it led to stays."""
    for number in range(20):
        site.put(f"/docs/more{number}.html", web_page(f"More {number}"))
    links = [f"more{number}.html" for number in range(20)]
    site.put("/docs/b.html", web_page("Bellows", *links))
    web.ingest()
    site.requests.clear()
    site.dies_after = 8
    report = web.ingest()
    assert (report.changes, report.exit_code, len(names(web))) == (0, 1, 25)
    assert "5 times in a row" in report.roots[0].reason
    site.dies_after = None
    site.answers["/docs/b.html"] = (500, {})
    report = web.ingest()
    assert (report.changes, report.exit_code, len(names(web))) == (0, 3, 25)
    del site.answers["/docs/b.html"]
    report = web.ingest()
    assert (report.updated, report.chunks_embedded, report.exit_code) == (1, 0, 0)


def test_credentials_are_sent_to_the_site_alone(
    web: SourceHome, site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a bearer token or a password; what has expired is said, and deletes nothing."""
    monkeypatch.setenv("WIKI_TOKEN", "secret-token-1")
    web.settings["token"] = {"env": "WIKI_TOKEN"}
    site.authorization = "Bearer secret-token-1"
    assert web.ingest().added == 5
    site.authorization = "Bearer secret-token-2"
    report = web.ingest()
    assert (report.deleted, report.exit_code) == (0, 1)
    assert "expired" in report.roots[0].reason


def test_private_addresses_need_permission(web: SourceHome, site: WebSite) -> None:
    """Nothing is sent there without it, and the sentence says which option gives it."""
    del web.settings["allow_private"]
    report = web.ingest()
    assert (report.added, report.exit_code) == (0, 1)
    assert "127.0.0.1, an address of a private network (allow_private)" in report.roots[0].reason
    assert not site.requests


@pytest.mark.parametrize(
    ("address", "always", "with_permission"),
    [
        ("93.184.216.34", True, True),
        ("10.1.2.3", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.1.2.3", False, True),
        ("64:ff9b::a01:203", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1", False, False),
        ("224.0.0.1", False, False),
        ("0.0.0.0", False, False),
    ],
)
def test_which_addresses_are_private(address: str, always: bool, with_permission: bool) -> None:
    """Also where they are written as another kind of address; those of clouds' credentials never."""
    parsed = ipaddress.ip_address(address)
    assert is_allowed(parsed, allow_private=False) is always
    assert is_allowed(parsed, allow_private=True) is with_permission


def test_limits_of_a_site(web: SourceHome, site: WebSite) -> None:
    """Too many pages are a fault; a page that is too large is not read, and the others are."""
    web.settings["max_pages"] = 3
    report = web.ingest()
    assert (report.added, report.exit_code) == (0, 1)
    assert "max_pages = 3" in report.roots[0].reason
    web.settings |= {"max_pages": 100, "max_page_mb": 0.01}
    site.put("/docs/c.html", web_page("Chisels", body="word " * 5_000))
    report = web.ingest()
    assert (report.added, [problem.reason for problem in report.failed]) == (
        4,
        ["is larger than 0.01 MiB"],
    )


def test_other_formats_and_encodings(web: SourceHome, site: WebSite) -> None:
    """A PDF or text that links lead to is read by its format; only the server may name an encoding."""
    page = web_page("Encodings", "notes.txt", "logo.svgz", body="Стол стоит в комнате возле окна.")
    site.put("/docs/c.html", page, "text/html; charset=windows-1251")
    site.pages["/docs/c.html"] = page.encode("windows-1251")
    site.put("/docs/notes.txt", "Plain words of a note.", "text/plain")
    site.put("/docs/logo.svgz", "…", "image/x-unknown")
    report = web.ingest()
    assert [problem.reason for problem in report.skipped] == ["has a format that is not read"]
    assert "docs/notes.txt" in names(web)
    from rag import Assistant
    from rag.testing import HashingEmbedder

    hits = Assistant.open(web.data, embedder=HashingEmbedder()).search("комнате возле окна", k=1)
    assert "Стол стоит" in hits[0].text
    assert hits[0].metadata["url"] == f"{site.url}/docs/c.html"


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private/", "/private/a", False),
        ("User-agent: *\nDisallow: /private/", "/public", True),
        ("User-agent: *\nDisallow: /\nAllow: /docs/", "/docs/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
        ("User-agent: *\nDisallow: /a*c*e", "/a-b-c-d-e", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Inhouse\nDisallow: /x", "/a", True),
        ("User-agent: a\nUser-agent: *\nDisallow: /x # no", "/x", False),
        ("Disallow: /", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: " + "*a" * 400 + "$", "a" * 900 + "b", True),
    ],
)
def test_robots_txt_is_understood(rules: str, path: str, allowed: bool) -> None:
    """As RFC 9309 has it: the group for us before the one for all, the longest rule first, wildcards."""
    assert Robots(rules).allows(path) is allowed


@pytest.mark.parametrize(
    ("url", "base", "normal"),
    [
        ("HTTP://Example.ORG:80", "", "http://example.org/"),
        ("../b#c", "http://h.example/x/y/z", "http://h.example/x/b"),
        ("http://h.example/a/../b", "", "http://h.example/b"),
        ("/ü x", "http://h.example/", "http://h.example/%C3%BC%20x"),
        ("/%C3%BC", "http://h.example/", "http://h.example/%C3%BC"),
        ("http://[::1]:8080/a", "", "http://[::1]:8080/a"),
        ("javascript:alert(1)", "http://h.example/", ""),
        ("file:///etc/passwd", "", ""),
        ("http://user:pass@h.example/", "", ""),
        ("http://h.example:99999/", "", ""),
        ("http://[", "http://h.example/", ""),
    ],
)
def test_an_address_has_one_spelling(url: str, base: str, normal: str) -> None:
    """And what is no page of the web has none."""
    assert normalize(url, base) == normal


@pytest.mark.parametrize("broken", ["<a href=", "<![if", "<" * 1000, "<a href='x'>\x00<!--"])
def test_a_broken_page_has_what_could_be_read(broken: str) -> None:
    """Nothing in a page ends the crawl."""
    body: Any = f'<a href="/ok">x</a>{broken}'.encode()
    assert read_links(body, "http://h.example/").links[0] == "http://h.example/ok"
