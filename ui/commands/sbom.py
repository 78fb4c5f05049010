"""`inhouse sbom`: what Inhouse is made of, for programs that look for known holes."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@with_settings
def command(settings: Settings) -> None:
    """Print the software bill of materials: every package that Inhouse needs here, as CycloneDX 1.6 JSON.

    Each with version, licence and package URL, as it is installed. Models are not in it: inhouse models.
    """
    del settings
    click.echo(json.dumps(bill_of_materials(), ensure_ascii=False, indent=2))


def bill_of_materials() -> dict[str, Any]:
    """In the shape of https://cyclonedx.org/docs/1.6/json/."""
    from importlib.metadata import version

    from ui.web.installed_packages import packages

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
        for package in packages()
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
