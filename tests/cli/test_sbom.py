"""The bill of materials names every package that is needed."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.house.pages import LOCKS
from ui.commands.sbom import build_bill_of_materials
from ui.web.installed_packages import find_packages, read_pins


def test_every_package_has_a_version_a_licence_and_an_address() -> None:
    """In the shape of CycloneDX, by that project's own validator."""
    bill = build_bill_of_materials(find_packages(read_pins(LOCKS)))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    libraries = {
        component["name"]: component
        for component in bill["components"]
        if component["type"] == "library"
    }
    assert libraries["gradio"]["purl"] == f"pkg:pypi/gradio@{version('gradio')}"
    assert {"apsw", "faiss-cpu", "starlette", "numpy"} <= libraries.keys()
    assert all(component["licenses"][0]["license"]["name"] for component in libraries.values())
    proprietary = {
        name
        for name, component in libraries.items()
        if "roprietary" in component["licenses"][0]["license"]["name"]
    }
    assert proprietary <= {"intel-cmplr-lib-ur", "intel-openmp"}, "docs/licences.md names them"
    assert not any(
        component["licenses"][0]["license"]["name"] == "not declared"
        for component in libraries.values()
    )
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(references) == len(set(references))


def test_what_the_lock_pins_does_not_change_with_what_else_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package of an extra that the lock leaves out is part of the environment, not of the release."""
    pins = read_pins(LOCKS)
    assert "vllm" not in pins
    release = find_packages(pins)
    information = tmp_path / "vllm-9.9.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.4\nName: vllm\nVersion: 9.9\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert ("vllm", "9.9") in {(found.name, found.version) for found in find_packages()}
    assert find_packages(pins) == release


def test_pins_are_read_from_a_lock(tmp_path: Path) -> None:
    """Names as the index compares them, versions with their local part, without sums and conditions."""
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "# comment==1\nRuamel.YAML_x==0.1 ; python_version < '3.12' \\\n    --hash=sha256:00==\n"
        "torch==2.13.0+cpu\n"
    )
    assert read_pins([lock]) == {"ruamel-yaml-x": "0.1", "torch": "2.13.0+cpu"}
