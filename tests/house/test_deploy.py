"""The deployments for several machines name only what is there, and allow a service no more than it needs."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from rag.models.engine import GPU_BUILD
from rag.settings import Settings, load_settings
from tests.house.sources import ROOT

DEPLOY = ROOT / "deploy"
PINNED = re.compile(r"\d+\.\d+\.\d+")
_DEFAULT = re.compile(r"\$\{\w+:[-?]([^}]*)\}")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
MANIFESTS: list[dict[str, Any]] = list(
    yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8"))
)


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each workload's name, and the specification of its pods."""
    for manifest in MANIFESTS:
        spec = manifest.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield manifest["metadata"]["name"], spec["template"]


def read_settings(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for variable, value in variables.items():
        if variable.startswith("INHOUSE_"):
            monkeypatch.setenv(variable, _DEFAULT.sub(r"\1", value))
    return load_settings()


def check_settings(settings: Settings) -> None:
    """Two model servers, a database without a password in its address, and people who sign in."""
    assert settings.database == "postgresql://inhouse@database/inhouse"
    assert len(settings.llm.urls) == 2
    assert (settings.web.host, settings.web.sign_in) == ("0.0.0.0", "accounts")
    assert settings.web.proxies


def test_the_variables_of_both_are_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    check_settings(read_settings(COMPOSE["x-service"]["environment"], monkeypatch))
    (variables,) = (m["data"] for m in MANIFESTS if m["kind"] == "ConfigMap")
    check_settings(read_settings(variables, monkeypatch))


def test_a_service_of_the_compose_file_has_few_rights() -> None:
    """Every image has a version; the proxy alone is reached from outside."""
    services = COMPOSE["services"]
    assert [name for name, service in services.items() if service.get("ports")] == ["proxy"]
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        if service["image"] != "inhouse":
            assert PINNED.search(service["image"]), name
        if name != "database":  # it changes to its own user first
            assert service["cap_drop"] == ["ALL"], name


def test_the_proxy_knows_every_page_server() -> None:
    """By the names and the port of the compose file, at the network that is believed."""
    names = {name for name in COMPOSE["services"] if name.startswith("page")}
    configuration = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert set(re.findall(r"server (\S+):7860", configuration)) == names
    believed = json.loads(COMPOSE["x-service"]["environment"]["INHOUSE_WEB_PROXIES"])
    assert [net["subnet"] for net in COMPOSE["networks"]["front"]["ipam"]["config"]] == believed


def test_both_serve_the_engine_that_is_pinned() -> None:
    image = f"vllm/vllm-openai:v{GPU_BUILD.version}"
    assert COMPOSE["x-model"]["image"] == image
    containers = {name: pod["spec"]["containers"][0] for name, pod in pods()}
    assert containers["model"]["image"] == image


def test_manifests_are_valid() -> None:
    """Against the schemas of the newest Kubernetes, where no unknown key is allowed."""
    if importlib.util.find_spec("kubernetes_validate") is None:
        pytest.skip("kubernetes-validate is installed by make test-scale")
    import kubernetes_validate

    for manifest in MANIFESTS:
        newest = kubernetes_validate.latest_version()
        assert kubernetes_validate.validate(manifest, newest, strict=True)


def test_a_pod_has_few_rights() -> None:
    for name, pod in pods():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["limits"]["memory"], name
            assert PINNED.search(container["image"]), name


def test_manifests_refer_to_what_is_there() -> None:
    """Services select pods and name their ports; volumes, claims and configuration exist."""
    by_kind = {(m["kind"], m["metadata"]["name"]): m for m in MANIFESTS}
    assert len(by_kind) == len(MANIFESTS), "each name stands for one thing"
    by_label = {pod["metadata"]["labels"]["app"]: pod["spec"] for _, pod in pods()}
    for (kind, name), manifest in by_kind.items():
        if kind == "Service":
            ports = by_label[manifest["spec"]["selector"]["app"]]["containers"][0]["ports"]
            for port in manifest["spec"]["ports"]:
                target = port.get("targetPort", port["port"])
                assert any(target in (p.get("name"), p["containerPort"]) for p in ports), name
        if kind == "StatefulSet":
            assert ("Service", manifest["spec"]["serviceName"]) in by_kind
    for name, pod in pods():
        claims = by_kind.get(("StatefulSet", name), {}).get("spec", {})
        volumes = {volume["name"] for volume in pod["spec"].get("volumes", ())}
        volumes |= {c["metadata"]["name"] for c in claims.get("volumeClaimTemplates", ())}
        for container in pod["spec"]["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes, name
            for source in container.get("envFrom", ()):
                assert ("ConfigMap", source["configMapRef"]["name"]) in by_kind
    hosts = set(re.findall(r"http://([\w-]+)\.model:", str(MANIFESTS)))
    replicas = by_kind["StatefulSet", "model"]["spec"]["replicas"]
    assert hosts == {f"model-{number}" for number in range(replicas)}
