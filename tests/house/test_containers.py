"""The images and the compose file say what a service may do, and name only what is there."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from rag.models.engine import GPU_BUILD
from rag.settings import load_settings
from tests.house.pages import LOCKS, all_commands
from tests.house.sources import ROOT
from ui.web.installed_packages import read_pins

CONTAINERS = ROOT / "containers"
DOCKERFILES = sorted(CONTAINERS.glob("*Dockerfile"))
_INSTALLED_EXTRAS = ("web", "eval", "postgres", "tracing")
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
_PROGRAMS = {name.removeprefix("inhouse ") for name, _ in all_commands()}


def services() -> dict[str, dict[str, Any]]:
    """Every service of the compose file, with what it takes from the common part."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return {name: dict(service) for name, service in compose["services"].items()}


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile in their order, each on one line."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.M).replace("\\\n", " ")
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines())]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_an_image_runs_as_nobody_in_particular_and_tells_its_health(dockerfile: Path) -> None:
    """By number, so that Kubernetes can see that it is not root; every base has a version."""
    listed = instructions(dockerfile)
    assert [rest for word, rest in listed if word == "USER"][-1] == "10001:10001"
    assert sum(word == "HEALTHCHECK" for word, _ in listed) == 1
    defaults = dict(rest.split("=") for word, rest in listed if word == "ARG")
    for base in (rest.split(" AS ")[0] for word, rest in listed if word == "FROM"):
        name, _, tag = re.sub(r"\$\{(\w+)\}", lambda match: defaults[match[1]], base).partition(":")
        assert re.search(r"\d+\.\d+\.\d+", tag), f"{name} has no version"
    for word, rest in listed:
        if word == "COPY" and not rest.startswith("--from"):
            assert all((ROOT / path).exists() for path in rest.split()[:-1])


def test_the_model_server_s_image_is_the_engine_that_is_pinned() -> None:
    assert f"ARG VLLM=v{GPU_BUILD.version}\n" in (CONTAINERS / "cuda.Dockerfile").read_text()


@pytest.mark.parametrize("name", services())
def test_a_service_may_write_to_its_volume_alone(name: str) -> None:
    """A read-only root, no capabilities, no way to more rights, and the documents read-only."""
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "10001:10001"
    assert [volume for volume in service["volumes"] if isinstance(volume, str)] == [
        "data:/srv/inhouse"
    ]
    assert all(volume["read_only"] for volume in service["volumes"] if isinstance(volume, dict))
    assert service.get("command", ["web"])[0] in _PROGRAMS


def test_only_this_machine_reaches_a_service() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:7860:7860"]
    assert services()["model"]["network_mode"] == "service:page"


def test_the_settings_of_the_page_s_service_are_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable, value in services()["page"]["environment"].items():
        monkeypatch.setenv(variable, _DEFAULT.sub(r"\1", value))
    web = load_settings().web
    assert (web.host, web.sign_in, web.names) == ("0.0.0.0", "accounts", ("localhost",))


def test_an_image_installs_what_the_lock_pins() -> None:
    """The versions are those that are tested, and nothing that the extras need is missing."""
    pins = read_pins([CONTAINERS / "requirements.lock"])
    tested = read_pins(LOCKS)
    assert {name: tested.get(name) for name in pins} == pins
    assert "openvino-telemetry" not in pins
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"]]
    waiting = list(_INSTALLED_EXTRAS)
    while waiting:
        for line in project["optional-dependencies"][waiting.pop()]:
            required = Requirement(line)
            if required.name == "inhouse":
                waiting += required.extras
            else:
                lines.append(line)
    assert {canonicalize_name(Requirement(line).name) for line in lines} <= pins.keys()


def test_what_stays_out_of_the_build_is_not_needed_in_it() -> None:
    """`.dockerignore` leaves what the wheel is made of."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    needed = [*wheel["targets"]["wheel"]["packages"], *wheel["targets"]["wheel"]["shared-data"]]
    assert not [
        path for path in needed for entry in ignored if f"{path}/".startswith(f"{entry}/")
    ], json.dumps(ignored)
