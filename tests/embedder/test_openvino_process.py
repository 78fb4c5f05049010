"""What a process that embeds with OpenVINO loads, and whom it talks to: nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.models import default_cache
from tests.embedder.helpers import output_of, start_python

_EMBED = """
import json, sys
from pathlib import Path

def refuse(event, arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(refuse)
from rag.embedder import open_embedder
from rag.settings import EmbedderSettings, Settings
settings = Settings(cache=Path(sys.argv[1]), embedder=EmbedderSettings(backend="openvino"))
embedder = open_embedder(settings, progress=False)
embedder.embed_query("What is the refund period?")
embedder.embed_documents(["one", "two"])
print(json.dumps(sorted(name for name, module in sys.modules.items() if module is not None)))
"""


_TWO_AT_ONCE = """
import sys, threading
import numpy as np
from rag.embedder.openvino import import_openvino
openvino = import_openvino()
from openvino import opset13
given = opset13.parameter([-1, 8], np.int64)
network = openvino.Model([opset13.convert(given, "f32")], [given])
compiled = openvino.Core().compile_model(network, "CPU")
sys.setswitchinterval(1e-6)
begin = threading.Barrier(2)

def compute():
    request, array = compiled.create_infer_request(), np.zeros((4, 8), np.int64)
    begin.wait()
    request.start_async([array])
    request.wait()

threads = [threading.Thread(target=compute) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_two_threads_may_be_the_first_to_compute_at_once() -> None:
    """Many times, since it is a matter of chance: left alone, one process in three stands still."""
    for _ in range(10):
        assert output_of(start_python(_TWO_AT_ONCE)) == ""


@pytest.mark.slow
def test_neither_torch_nor_transformers_nor_telemetry_is_loaded(tmp_path: Path) -> None:
    cache = str(default_cache())
    output_of(start_python(_EMBED.replace("sys.addaudithook", "(lambda hook: None)"), cache))

    loaded = output_of(start_python(_EMBED, cache, HOME=str(tmp_path)))

    for name in ("torch", "transformers", "sentence_transformers", "openvino_telemetry"):
        assert f'"{name}"' not in loaded
    assert '"openvino"' in loaded
    assert not list(tmp_path.iterdir())  # its telemetry keeps an id and counts in the home folder


def test_the_import_of_openvino_tells_nobody(tmp_path: Path) -> None:
    program = (
        "import sys; from rag.embedder.openvino import import_openvino; openvino = import_openvino();"
        "print(sys.modules.get('openvino_telemetry'), openvino.convert_model.__name__)"
    )

    assert output_of(start_python(program, HOME=str(tmp_path))) == "None convert_model\n"
    assert not list(tmp_path.iterdir())


def test_openvino_is_imported_in_one_place() -> None:
    """Where its telemetry is switched off first."""
    root = Path(__file__).parents[2]
    importing = [
        path.relative_to(root).as_posix()
        for part in ("rag", "ingest", "ui")
        for path in (root / part).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("import openvino", "from openvino"))
    ]

    assert importing == ["rag/embedder/openvino.py"]


def test_looking_for_a_gpu_costs_no_torch_where_there_is_none() -> None:
    program = (
        "import sys; from rag.embedder.sentence_transformer import has_cuda;"
        "print(has_cuda(), 'torch' in sys.modules)"
    )

    assert output_of(start_python(program, CUDA_VISIBLE_DEVICES="")) == "False False\n"
