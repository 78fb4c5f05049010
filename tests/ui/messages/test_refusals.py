"""What the server refuses is said in the page's language."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag import Assistant
from rag.settings import Settings
from ui.messages.languages import LANGUAGES
from ui.messages.refusals import list_refusal_templates, translate_refusal
from ui.web.app import create_app

_GAP = re.compile(r"\{\w+\}")


def test_every_sentence_that_is_translated_is_one_that_is_raised() -> None:
    """Else a sentence that somebody changes would stay in English without anybody noticing."""
    constants = {
        " ".join(node.value.split())
        for file in (*Path("ui").rglob("*.py"), *Path("rag/index").rglob("*.py"))
        if file.name != "refusals.py" or file.parent.name != "messages"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    raised = "\n".join(sorted(constants))
    for template in list_refusal_templates():
        for piece in re.split(r"\{\w+\}|(?<=[a-z][.]) ", template):
            assert piece.strip(" .") in raised, template


@pytest.mark.parametrize("code", ["de", "fr", "es"])
def test_every_refusal_is_translated_with_what_it_names(code: str) -> None:
    for template in list_refusal_templates():
        gaps = _GAP.findall(template)
        sentence = template
        for at, gap in enumerate(gaps):
            sentence = sentence.replace(gap, f"x{at}.pdf")
        translation = translate_refusal(sentence, LANGUAGES[code])
        assert translation != sentence
        assert all(f"x{at}.pdf" in translation for at in range(len(gaps)))
        assert translate_refusal(sentence, LANGUAGES["en"]) == sentence
    assert (
        translate_refusal("Nobody has written this.", LANGUAGES[code]) == "Nobody has written this."
    )


def test_a_refusal_follows_the_browser_and_a_program_s_stays_english(tmp_path: Path) -> None:
    """Also one that comes before the application is asked."""
    settings = Settings.model_validate({"data": tmp_path, "web": {"inbox": tmp_path / "inbox"}})
    app = create_app(lambda: Assistant.open(tmp_path), settings=settings)
    german = {"accept-language": "de-DE", "origin": "http://127.0.0.1:7860"}
    with TestClient(app, base_url="http://127.0.0.1:7860", headers=german) as client:
        assert client.get("/nothing").text == "Hier ist nichts.\n"
        refused = client.post("/inbox?name=a.exe", content=b"x")
        assert refused.status_code == 422
        assert refused.text.startswith("Dateien der Art .exe werden nicht genommen")
        assert "There is nothing here." in client.get("/v1/nothing").text
