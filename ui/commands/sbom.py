"""`inhouse sbom`: what Inhouse is made of, for programs that look for known holes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import with_settings

if TYPE_CHECKING:
    from rag.settings import Settings
    from ui.view.about_page import Package


@click.command()
@click.option(
    "--lock",
    "locks",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Only packages that this lock file pins, with its versions (repeatable).",
)
@with_settings
def command(settings: Settings, locks: tuple[Path, ...]) -> None:
    """Print the software bill of materials: every package that Inhouse needs here, as CycloneDX 1.6 JSON.

    Each with version, licence and package URL, as it is installed, or as --lock pins it. Models are not in
    it: inhouse models.
    """
    from ui.web.installed_packages import find_packages, packages, read_pins

    del settings
    listed = find_packages(read_pins(locks)) if locks else packages()
    click.echo(json.dumps(build_bill_of_materials(listed), ensure_ascii=False, indent=2))


def build_bill_of_materials(packages: Iterable[Package]) -> dict[str, Any]:
    """In the shape of https://cyclonedx.org/docs/1.6/json/."""
    from importlib.metadata import version

    own = version("inhouse")
    components = [
        {
            "type": "library",
            "name": package.name,
            "version": package.version,
            "purl": _purl(package.name, package.version),
            "bom-ref": _purl(package.name, package.version),
            "licenses": _licences(package.licence),
        }
        for package in packages
    ]
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "inhouse",
                "version": own,
                "purl": _purl("inhouse", own),
                "bom-ref": _purl("inhouse", own),
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": [
            {"type": "platform", "name": "CPython", "version": python, "bom-ref": "python"},
            *components,
        ],
    }


def _purl(name: str, version: str) -> str:
    key = re.sub(r"[-_.]+", "-", name).lower()
    return f"pkg:pypi/{key}@{version.replace('+', '%2B')}"


def _licences(declared: str) -> list[dict[str, Any]]:
    """A licence that the package declares, by its name: not every one is an SPDX expression."""
    return [{"license": {"name": declared or "not declared"}}]
