"""`VllmServer` against a stand-in for vLLM: real processes, real ports, real signals, no model."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from rag.errors import ModelServerStartError, ModelServerUnreachableError
from rag.models import ModelFolder
from rag.settings import ServeSettings
from rag.vllm import VllmServer, health


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "vllm.log"


def _family(server: VllmServer) -> list[psutil.Process]:
    assert server._process is not None
    leader = psutil.Process(server._process.pid)
    return [leader, *leader.children(recursive=True)]


def _gone(processes: list[psutil.Process], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes):
            return True
        time.sleep(0.05)
    return False


def test_a_started_server_answers_and_nothing_of_it_is_left_after_stop(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    with VllmServer(model, settings, log_file=log) as server:
        assert health(server.base_url) == ("tiny",)
        family = _family(server)
        scratch = server._scratch
        assert len(family) >= 2  # the engine, which ignores SIGTERM, is one of them
        assert scratch is not None
        assert scratch.exists()
    assert _gone(family, 1)
    assert not scratch.exists()
    with pytest.raises(ModelServerUnreachableError):
        health(server.base_url)


def test_a_server_that_ignores_sigterm_is_killed_after_the_grace(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    fake_vllm.setenv("FAKE_VLLM", "stubborn")
    server = VllmServer(model, settings, log_file=log)
    server.start()
    server.wait_until_healthy()
    family = _family(server)
    server.stop(grace_s=0.5)
    assert _gone(family, 1)
    server.stop()  # safe to repeat


def test_an_early_death_says_why_in_one_sentence_and_where_the_log_is(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    fake_vllm.setenv("FAKE_VLLM", "die")
    with pytest.raises(ModelServerStartError) as caught, VllmServer(model, settings, log_file=log):
        pass
    assert caught.value.message == "vLLM could not serve tiny: ValueError: the weights are odd."
    assert str(log) in caught.value.hint


def test_a_later_death_is_noticed_and_its_engine_does_not_live_on(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    fake_vllm.setenv("FAKE_VLLM", "die_later")
    with VllmServer(model, settings, log_file=log) as server:
        family = _family(server)
        error = server.wait()
        assert "stopped serving tiny" in error.message
        assert _gone(family, 5)


def test_a_server_that_never_answers_is_stopped_when_the_time_is_up(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    fake_vllm.setenv("FAKE_VLLM", "hang")
    short = settings.model_copy(update={"start_timeout_s": 4.0})
    reports: list[str] = []
    server = VllmServer(model, short, log_file=log)
    server.start()
    with pytest.raises(ModelServerStartError, match=r"not ready after 4 s"):
        server.wait_until_healthy(lambda doing, _: reports.append(doing))
    assert server.returncode is not None
    assert reports[-1] == "loading the weights"


def test_a_port_in_use_is_named_before_anything_is_started(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", settings.port))
        sock.listen()
        with pytest.raises(
            ModelServerStartError, match=f"Port {settings.port} is taken by another"
        ):
            VllmServer(model, settings, log_file=log).start()
    assert not log.exists()
    with (
        VllmServer(model, settings, log_file=log),
        pytest.raises(ModelServerStartError, match="taken by a model server with tiny"),
    ):
        VllmServer(model, settings, log_file=log).start()


_OWNER = """
import sys, time
from pathlib import Path
from rag.models import ModelFolder
from rag.settings import ServeSettings
from rag.vllm import VllmServer
folder, port, log = sys.argv[1:]
model = ModelFolder("tiny", Path(folder), None, "")
server = VllmServer(model, ServeSettings(port=int(port)), log_file=Path(log))
server.start()
server.wait_until_healthy()
print(server._process.pid, server._scratch, flush=True)
time.sleep(600)
"""


def test_vllm_ends_when_the_process_that_started_it_is_killed(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    path = os.pathsep.join([os.environ["PYTHONPATH"], *filter(None, sys.path)])
    arguments = [str(model.path), str(settings.port), str(log)]
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as owner:
        assert owner.stdout is not None
        pid, scratch = owner.stdout.readline().split()
        leader = psutil.Process(int(pid))
        family = [leader, *leader.children(recursive=True)]
        owner.kill()
    assert _gone(family, 5)
    assert not Path(scratch).exists()


def test_the_engine_ends_when_the_api_server_is_killed(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    with VllmServer(model, settings, log_file=log) as server:
        leader, *rest = _family(server)
        os.kill(leader.pid, signal.SIGKILL)
        assert _gone(rest, 5)


def test_the_log_of_the_run_before_is_kept_and_only_the_user_can_read_it(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, log: Path
) -> None:
    log.write_text("before")
    with VllmServer(model, settings, log_file=log):
        pass
    assert log.with_name("vllm.log.1").read_text() == "before"
    assert "Starting to load model" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_server_that_does_not_listen_is_unreachable(settings: ServeSettings) -> None:
    with pytest.raises(ModelServerUnreachableError):
        health(f"http://127.0.0.1:{settings.port}/v1")
