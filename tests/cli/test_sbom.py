"""The bill of materials names every package that is needed."""

from __future__ import annotations

from importlib.metadata import version

from ui.commands.sbom import bill_of_materials


def test_every_package_has_a_version_a_licence_and_an_address() -> None:
    bill = bill_of_materials()
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    libraries = {each["name"]: each for each in bill["components"] if each["type"] == "library"}
    assert libraries["gradio"]["purl"] == f"pkg:pypi/gradio@{version('gradio')}"
    assert {"apsw", "faiss-cpu", "starlette", "numpy"} <= libraries.keys()
    assert all(each["licenses"][0]["license"]["name"] for each in libraries.values())
    references = [each["bom-ref"] for each in bill["components"]]
    assert len(references) == len(set(references))
