"""Measure what somebody sees in the browser; `python benchmarks/browser.py --help`.

A real page over a real index, in a process of its own, and a headless Chromium on the same machine. The table
of Documents with many files: until its rows are painted. A telephone on a slow connection: until somebody can
type, and how much comes over the network. Typing and scrolling, at rest and while an ingest runs: the time
from a key to the paint that follows it, and the gaps between frames.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import web

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.embedder import open_embedder
from rag.settings import Settings

TEXT = "How long is parental leave for those who adopt a child? "
# Gives the milliseconds from an act to the paint of new rows. The form waits 250 ms for a next letter.
_CHANGED = """(act) => new Promise((done) => {
  const began = performance.now(), old = document.getElementById("results");
  const look = new MutationObserver(() => {
    if (document.getElementById("results") === old) return;
    look.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  });
  look.observe(document.getElementById("main"), { childList: true, subtree: true });
  const [selector, value, kind] = act, field = document.querySelector(selector);
  field.value = value;
  field.dispatchEvent(new Event(kind, { bubbles: true }));
})"""
_RECORD = """() => {
  window.gaps = []; window.keys = [];
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    window.gaps.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  document.addEventListener("input", (event) => requestAnimationFrame(() => setTimeout(
    () => window.keys.push(performance.now() - event.timeStamp))), true);
}"""


def make_ledger(files: int, work: Path) -> Path:
    """An index of so many small files in 50 folders."""
    from ingest import ingest

    data, folder = work / f"ledger-{files}", work / "many"
    if (data / "catalog.db").exists():
        return data
    generator, vocabulary = random.Random(9), web.words()
    for number in range(files):
        path = (
            folder
            / f"{number % 50:02}"
            / f"{' '.join(generator.choices(vocabulary, k=3))} {number:05}.txt"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(" ".join(generator.choices(vocabulary, k=40)) + ".")
    embedder = web.RandomVectors(open_embedder(Settings()))
    report = ingest([folder], data_dir=data, settings=Settings(), embedder=embedder)
    click.echo(f"{report.added:,} files in {report.seconds:.0f} s", err=True)
    return data


@contextlib.contextmanager
def served(data: Path) -> Iterator[tuple[str, str]]:
    """The page's address, and the token of somebody's session."""
    (port,) = web._free(1)
    url = f"http://127.0.0.1:{port}"
    part = [
        "--part",
        "page",
        "--port",
        str(port),
        "--work",
        str(data),
        "--model-url",
        "http://127.0.0.1:9/v1",
    ]
    page = subprocess.Popen([sys.executable, str(Path(web.__file__)), *part])
    try:
        web.wait_for(f"{url}/healthz")
        (token,) = web.sign_in_all(data, 1)
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"{url}/documents", cookies={"inhouse": token}, timeout=120)
        yield url, token
    finally:
        page.terminate()
        page.wait()


@contextlib.contextmanager
def ingesting(data: Path, work: Path, chunks: int) -> Iterator[None]:
    """A run over new files, with the real embedder, for as long as the block lasts."""
    folder, generator, vocabulary = work / "more", random.Random(time.time()), web.words()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number in range(chunks // web.PASSAGES):
        paragraphs = [" ".join(generator.choices(vocabulary, k=75)) for _ in range(web.PASSAGES)]
        (folder / f"{number:05}.txt").write_text("\n\n".join(paragraphs))
    run = subprocess.Popen(
        [sys.executable, "-m", "ingest", str(folder), "--data", str(data), "--quiet"]
    )
    time.sleep(5)  # until it embeds
    try:
        yield
        if run.poll() is not None:
            raise click.ClickException(
                "The ingest ended before the measurement; give it more to do."
            )
    finally:
        if run.poll() is None:
            run.send_signal(signal.SIGKILL)
        run.wait()


def ledger_times(page: Any, url: str, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds until the rows are painted: opened, turned, sorted, filtered, searched."""
    seen: dict[str, list[float]] = {}

    def opened(name: str, address: str) -> None:
        page.goto(url + address)
        page.locator("tbody tr").first.wait_for()
        paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        page.wait_for_function(paint)
        seen.setdefault(name, []).append(page.evaluate(paint))

    def changed(name: str, selector: str, value: str, kind: str) -> None:
        seen.setdefault(name, []).append(page.evaluate(_CHANGED, [selector, value, kind]))

    folders = [f"many/{number:02}" for number in range(50)]
    for number in range(rounds):
        opened("open", "/documents")
        opened("page 100", "/documents?page=100")
        opened("sort by size", "/documents?order=size&down=1")
        opened("sort by name", "/documents?order=name&down=1")
        changed("filter by folder", "select[name=folder]", folders[number % 50], "change")
        changed("no filter", "select[name=folder]", "", "change")
        changed("search by name", "input[name=name]", f"{number:02}", "input")
    return {name: web.quantiles(values) for name, values in seen.items()}


def first_load(page: Any, url: str, rounds: int) -> dict[str, Any]:
    """Milliseconds until the question box takes what is typed, and until all is there, with an empty cache.

    The connection is what browsers call slow 3G: 400 ms there and back, 400 kbit/s; the window is 360 pixels
    wide.
    """
    page.set_viewport_size({"width": 360, "height": 740})
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    slow = {"latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    network.send("Network.emulateNetworkConditions", {"offline": False} | slow)
    sizes: list[int] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    usable, whole, loaded = [], [], []
    for _ in range(rounds):
        sizes.clear()
        page.goto("about:blank")
        began = time.monotonic()
        page.goto(url, wait_until="commit")
        page.locator("#question textarea").fill("How")
        usable.append((time.monotonic() - began) * 1000)
        page.locator("#panel").wait_for(state="attached")
        whole.append((time.monotonic() - began) * 1000)
        loaded.append(sum(sizes))
        page.evaluate("sessionStorage.clear()")
    return {
        "kB": round(max(loaded) / 1000, 1),
        "box_usable_ms": web.quantiles(usable),
        "whole_page_ms": web.quantiles(whole),
    }


def smoothness(page: Any, url: str, seconds: float) -> dict[str, Any]:
    """Milliseconds from a key to its paint, and between frames, while somebody types and scrolls."""
    figures: dict[str, Any] = {}
    for name, address, box in (
        ("ask", "/", "#question textarea"),
        ("documents", "/documents", "input[name=name]"),
    ):
        page.goto(url + address)
        page.locator(box).wait_for()
        page.wait_for_timeout(1_000)
        page.evaluate(_RECORD)
        end = time.monotonic() + seconds
        page.locator(box).focus()
        while time.monotonic() < end:
            for letter in TEXT:
                page.keyboard.type(letter)
                page.wait_for_timeout(60)
            page.locator(box).fill("")
            for step in range(40):
                page.mouse.wheel(0, 120 if step < 20 else -120)
                page.wait_for_timeout(25)
        gaps, keys = page.evaluate("[window.gaps, window.keys]")
        late = sum(gap > 50 for gap in gaps) / len(gaps)
        figures[name] = {
            "key_to_paint_ms": web.quantiles(keys),
            "frame_gap_ms": web.quantiles(gaps),
            "frames_later_than_50_ms": round(late, 4),
        }
    return figures


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--files", default=10_000, show_default=True, help="Files in the table.")
@click.option(
    "--chunks", default=20_000, show_default=True, help="Chunks in the index that is added to."
)
@click.option("--rounds", default=10, show_default=True, help="How often each act is measured.")
@click.option(
    "--seconds", default=10.0, show_default=True, help="Seconds of typing and scrolling in a room."
)
@click.option("--work", type=click.Path(path_type=Path), help="Folder for the indexes; kept.")
def main(files: int, chunks: int, rounds: int, seconds: float, work: Path | None) -> None:
    """Measure the table of FILES files, and typing and scrolling; prints JSON, times in milliseconds."""
    from playwright.sync_api import sync_playwright

    work = work or Path(tempfile.gettempdir()) / "inhouse-bench-web"
    work.mkdir(parents=True, exist_ok=True)
    ledger, index = make_ledger(files, work), web.make_index(chunks, work)
    added = work / "added-to"
    shutil.rmtree(added, ignore_errors=True)
    shutil.copytree(index, added)
    result: dict[str, Any] = {"files": files, "cores": len(os.sched_getaffinity(0))}
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)

        def open_(url: str, token: str) -> Any:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "inhouse", "value": token, "url": url}])
            context.set_default_timeout(60_000)
            return context.new_page()

        with served(ledger) as (url, token):
            result["documents"] = ledger_times(open_(url, token), url, rounds)
        with served(added) as (url, token):
            result["slow_3g"] = first_load(open_(url, token), url, min(rounds, 5))
            page = open_(url, token)
            result["at_rest"] = smoothness(page, url, seconds)
            with ingesting(added, work, 20_000):
                result["while_ingesting"] = smoothness(page, url, seconds)
        browser.close()
    click.echo(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
