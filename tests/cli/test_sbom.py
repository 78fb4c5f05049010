"""The bill of materials names every package that is needed."""

from __future__ import annotations

import json
from importlib.metadata import version

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from ui.commands.sbom import bill_of_materials


def test_every_package_has_a_version_a_licence_and_an_address() -> None:
    """In the shape of CycloneDX, by that project's own validator."""
    bill = bill_of_materials()
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
