"""Files that put Inhouse to work on a machine: its settings, commented, and units for systemd."""

from __future__ import annotations

from ui.setup.config_file import config_file
from ui.setup.units import Installation, render_units

__all__ = ["Installation", "config_file", "render_units"]
