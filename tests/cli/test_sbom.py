"""The bill of materials names every package that is needed."""

from __future__ import annotations

from importlib.metadata import version

from ui.commands.sbom import bill_of_materials


def test_every_package_has_a_version_a_licence_and_an_address() -> None:
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
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(references) == len(set(references))
