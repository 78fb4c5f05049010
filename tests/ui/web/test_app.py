"""The application around the page: headers, routes, limits, health."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from rag.errors import ConfigurationError, IndexMissingError
from tests.ui.stand_in import StandIn
from ui.web.server import is_loopback, listen


def missing() -> StandIn:
    raise IndexMissingError("There is no index in data.")


def client_of(open_assistant: object):  # type: ignore[no-untyped-def]
    from starlette.testclient import TestClient

    from ui.web.app import create_app

    return TestClient(create_app(open_assistant), base_url="http://127.0.0.1:7860")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def client() -> Iterator[object]:
    """One application for all; no test changes it."""
    with client_of(StandIn) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/config", "/page/base.css", "/nothing", "/healthz"])
def test_every_answer_carries_the_security_headers(client, path: str) -> None:  # type: ignore[no-untyped-def]
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_the_document_has_no_inline_script_and_names_no_other_host(client) -> None:  # type: ignore[no-untyped-def]
    document = client.get("/").text
    assert document.count("<script") == document.count('<script type="module" src="/') > 1
    assert "http" not in document.replace("http-equiv", "")
    assert "<style" not in document


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=https://example.org",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/app_id",
        "/token",
        "/gradio_api/token",
        "/monitoring",
        "/docs",
        "/openapi.json",
        "/static/../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/page/../page.py",
        "/page/shell.py",
    ],
)
def test_what_the_page_does_not_need_does_not_exist(client, path: str) -> None:  # type: ignore[no-untyped-def]
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/run/answer", "/login"],
)
def test_nothing_can_be_uploaded_or_called_past_the_queue(client, path: str) -> None:  # type: ignore[no-untyped-def]
    assert client.post(path, json={}).status_code == 404


def test_the_interface_offers_no_api(client) -> None:  # type: ignore[no-untyped-def]
    info = client.get("/gradio_api/info").json()
    assert info == {"named_endpoints": {}, "unnamed_endpoints": {}}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:7860"}, 421),
        ({"host": ""}, 421),
        ({"host": "[::1]:7860"}, 200),
        ({"host": "localhost:7860"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:7860"}, 200),
    ],
)
def test_other_hosts_and_other_sites_are_refused(
    client, headers: dict[str, str], status: int
) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/state", headers=headers).status_code == status


def test_probes_may_go_by_address(client) -> None:  # type: ignore[no-untyped-def]
    """A balancer does not know the page's names, and learns nothing but that it lives."""
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"host": "10.0.0.7:7860"}).status_code == 200
    assert client.get("/about", headers={"host": "10.0.0.7:7860"}).status_code == 421


def test_a_body_that_is_too_long_or_does_not_say_is_refused(client) -> None:  # type: ignore[no-untyped-def]
    assert client.post("/gradio_api/queue/join", content=b"x" * 3_000_000).status_code == 413
    assert client.post("/gradio_api/queue/join", content=iter([b"x"])).status_code == 411


def test_health_and_readiness(client) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"index": "ok", "model": "ok"}
    with client_of(missing) as other:
        assert other.get("/healthz").status_code == 200
        assert other.get("/readyz").status_code == 503
        assert other.get("/state").json()["index"]["note"] == "There is no index in data."


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org", ""])
def test_the_page_listens_on_loopback_only(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ConfigurationError, match="no sign-in is set up"):
        listen(host, 0)


def test_a_port_in_use_is_one_sentence() -> None:
    with listen("127.0.0.1", 0) as sock, pytest.raises(ConfigurationError, match="is in use"):
        listen("127.0.0.1", sock.getsockname()[1])


def test_importing_the_front_end_loads_nothing_heavy() -> None:
    modules = "ui.view.answer, ui.view.evidence, ui.web.app, ui.web.server, ui.web.layout, ui.commands.web"
    heavy = "{'gradio', 'fastapi', 'torch', 'transformers', 'faiss', 'langchain_core', 'uvicorn'}"
    code = f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
