"""A small real model hub on loopback: what is asked of it, what is taken, what is refused."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag.errors import ModelNotFoundError, ModelRefusedError
from rag.models import HubSource, ModelCard, fetch_model, find_cached

MakeModel = Callable[[Path], Path]
MakeCard = Callable[..., ModelCard]
MODEL_ID = "inhouse-tests/tiny"
COMMIT = "c" * 40


class Hub(ThreadingHTTPServer):
    """Serves the files of one folder as the model `MODEL_ID`; keeps the paths it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _HubHandler)
        self.folder = folder
        self.asked: list[str] = []
        self.lie_about = ""  # the name of a file whose announced hash is wrong
        self.break_off = ""  # the name of a file that is cut off once

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def digest(self, path: Path) -> str:
        name = path.relative_to(self.folder).as_posix()
        return "0" * 64 if name == self.lie_about else hashlib.sha256(path.read_bytes()).hexdigest()


class _HubHandler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        prefix = f"/{MODEL_ID}/resolve/{COMMIT}/"
        if path.startswith(f"/api/models/{MODEL_ID}"):
            self._send(json.dumps(self._info()).encode(), {}, body=body)
        elif (
            path.startswith(prefix) and (file := self.server.folder / path[len(prefix) :]).is_file()
        ):
            self._send_file(file, body=body)
        elif path == "/":
            self._send(b"hub", {}, body=body)
        else:
            self._send(b"{}", {"X-Error-Code": "RepoNotFound"}, body=body, status=404)

    def _send_file(self, file: Path, *, body: bool) -> None:
        name, content = file.name, file.read_bytes()
        digest = self.server.digest(file)
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{digest}"', "Accept-Ranges": "bytes"}
        start = 0
        if byte_range := self.headers.get("Range"):
            start = int(byte_range.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if body and name == self.server.break_off:
            self.server.break_off = ""
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:10])
            self.close_connection = True
            return
        self._send(content[start:], headers, body=body, status=206 if start else 200)

    def _info(self) -> dict[str, object]:
        siblings = []
        for file in self.server.files():
            size = file.stat().st_size
            entry: dict[str, object] = {
                "rfilename": file.relative_to(self.server.folder).as_posix(),
                "size": size,
                "blobId": "b" * 40,
            }
            if file.suffix in {".safetensors", ".bin"}:
                entry["lfs"] = {"sha256": self.server.digest(file), "size": size, "pointerSize": 1}
            siblings.append(entry)
        return {
            "id": MODEL_ID,
            "modelId": MODEL_ID,
            "sha": COMMIT,
            "siblings": siblings,
            "tags": [],
        }

    def _send(
        self, content: bytes, headers: dict[str, str], *, body: bool, status: int = 200
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def hub(tmp_path: Path, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(make_model(tmp_path / "hub")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        # Its library read the environment when it was imported, perhaps by another test.
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        yield server
        server.shutdown()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_only_safetensors_and_what_belongs_to_them_is_taken(hub: Hub, cache: Path) -> None:
    for name in ("pytorch_model.bin", "README.md", "modeling_tiny.py", "onnx/model.json"):
        path = hub.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    folder = fetch_model(MODEL_ID, cache, progress=False)
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "config.json",
        "inhouse-model.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert folder.source == f"hub {MODEL_ID} at {COMMIT}"
    assert find_cached(MODEL_ID, cache) == folder
    fetched = {Path(path).name for path in hub.asked if "/resolve/" in path}
    assert not fetched & {"pytorch_model.bin", "modeling_tiny.py"}


def test_a_model_that_wants_to_run_code_is_refused_before_its_weights_are_fetched(
    hub: Hub, cache: Path
) -> None:
    (hub.folder / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "m.M"}}))
    with pytest.raises(ModelRefusedError, match="wants to run its own code"):
        fetch_model(MODEL_ID, cache, progress=False)
    assert not [path for path in hub.asked if path.endswith(".safetensors")]
    assert find_cached(MODEL_ID, cache) is None


def test_a_reference_to_code_that_nobody_needs_is_taken_out_where_the_catalogue_says_so(
    hub: Hub, cache: Path, make_card: MakeCard
) -> None:
    """The code itself is never asked for, and everything else of the configuration stays."""
    config = {"auto_map": {"AutoModel": "m.M"}, "model_type": "falcon"}
    (hub.folder / "config.json").write_text(json.dumps(config))
    (hub.folder / "m.py").write_text("raise SystemExit('imported')")
    card = make_card(hub=HubSource(MODEL_ID, drop_auto_map=True))
    folder = fetch_model(card, cache, progress=False)
    assert json.loads((folder.path / "config.json").read_text()) == {"model_type": "falcon"}
    assert not [path for path in hub.asked if path.endswith(".py")]


def test_a_model_without_safetensors_is_refused(hub: Hub, cache: Path) -> None:
    (hub.folder / "model.safetensors").rename(hub.folder / "pytorch_model.bin")
    with pytest.raises(ModelRefusedError, match=r"offers no \.safetensors"):
        fetch_model(MODEL_ID, cache, progress=False)


def test_weights_that_are_not_what_the_hub_announced_are_refused(hub: Hub, cache: Path) -> None:
    hub.lie_about = "model.safetensors"
    with pytest.raises(ModelRefusedError, match=r"model\.safetensors has SHA-256"):
        fetch_model(MODEL_ID, cache, progress=False)
    assert find_cached(MODEL_ID, cache) is None


def test_weights_that_are_not_what_the_catalogue_says_are_refused(
    hub: Hub, cache: Path, make_card: MakeCard
) -> None:
    card = make_card(hub=HubSource(MODEL_ID, {"model.safetensors": "0" * 64}))
    with pytest.raises(ModelRefusedError, match=r"model\.safetensors has SHA-256"):
        fetch_model(card, cache, progress=False)


def test_a_transfer_that_breaks_off_is_taken_up_again(hub: Hub, cache: Path) -> None:
    hub.break_off = "model.safetensors"
    folder = None
    for _ in range(2):  # the hub's library may go on by itself, or give up and leave it to us
        try:
            folder = fetch_model(MODEL_ID, cache, progress=False)
        except ModelNotFoundError as exc:
            assert "broke off" in str(exc)  # noqa: PT017
    assert folder is not None
    assert (folder.path / "model.safetensors").read_bytes() == (
        hub.folder / "model.safetensors"
    ).read_bytes()


def test_a_model_that_the_hub_does_not_have_is_said(hub: Hub, cache: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="has no model inhouse-tests/other"):
        fetch_model("inhouse-tests/other", cache, progress=False)
