"""The HTML document around the Gradio interface.

Gradio's own document carries inline scripts, which a strict content security policy refuses, and
links to other hosts. This one has neither: Gradio then fetches its configuration by itself.
"""

from __future__ import annotations

import hashlib
import re
from html import escape
from pathlib import Path

from rag.errors import MissingDependencyError
from ui.view.text import Words

STATIC = Path(__file__).with_name("static")

_SCRIPT = re.compile(r'<script type="module"[^>]* src="\./(assets/[\w.-]+\.js)"')
_STYLE = re.compile(r'<link rel="stylesheet"[^>]* href="\./(assets/[\w.-]+\.css)"')


def gradio_assets() -> tuple[str, str]:
    """Paths of the script and the style sheet that start Gradio's front end."""
    import gradio

    document = Path(gradio.__file__).parent / "templates" / "frontend" / "index.html"
    text = document.read_text(encoding="utf-8")
    script, style = _SCRIPT.search(text), _STYLE.search(text)
    if script is None or style is None:
        raise MissingDependencyError(
            f"The page does not know Gradio {gradio.__version__}: its start script was not found.",
            hint="Install a tested one with: pip install 'gradio>=6.25,<7'",
        )
    return script[1], style[1]


def version() -> str:
    """What changes with our own style and scripts."""
    files = sorted(file for file in STATIC.iterdir() if file.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def shell(words: Words, version: str) -> str:
    """The document. `version` is appended to the addresses of style and script, so that caches let go."""
    script, style = gradio_assets()
    w = {
        name: escape(getattr(words, name))
        for name in ("product", "skip", "loading", "new", "lost", "broken")
    }
    return f"""<!doctype html>
<html lang="{escape(words.language)}">
<head>
<meta charset="utf-8">
<base href="/">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>{w["product"]}</title>
<link rel="icon" href="/page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/{style}">
<link rel="stylesheet" href="/page/base.css?v={version}">
<link rel="stylesheet" href="/page/ask.css?v={version}">
<link rel="stylesheet" href="/page/source.css?v={version}">
<script type="module" src="/{script}"></script>
<script type="module" src="/page/base.js?v={version}"></script>
<script type="module" src="/page/ask.js?v={version}"></script>
<script type="module" src="/page/source.js?v={version}"></script>
</head>
<body data-lost="{w["lost"]}" data-broken="{w["broken"]}"
data-close="{escape(words.close)}" data-sources="{escape(words.sources)}">
<a class="skip" href="#question">{w["skip"]}</a>
<header id="top">
<a class="brand" href="/"><img src="/page/icon.svg" alt="" width="26" height="26"><h1>{w["product"]}</h1></a>
<p id="state" aria-live="polite"><span id="index-state"></span><span id="model-state"></span></p>
<a class="new" href="/">{w["new"]}</a>
</header>
<div id="notices" role="status"></div>
<noscript><p class="banner">{escape(words.no_script)}</p></noscript>
<p id="loading" aria-hidden="true">{w["loading"]}</p>
<gradio-app control_page_title="false" embed="false" eager="true"></gradio-app>
<dialog id="viewer" aria-label="{escape(words.source)}" data-opening="{escape(words.opening)}">
<button type="button" class="viewer-close" aria-label="{escape(words.close_source)}">✕</button>
<div class="viewer-inside"></div>
</dialog>
<p id="announce" class="sr" role="status"></p>
</body>
</html>
"""
