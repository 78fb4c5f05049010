"""`inhouse init` writes settings that load and units that systemd takes, and overwrites nothing unasked."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rag.cli_options import run
from rag.errors import UsageError
from rag.settings import Settings, load_settings
from tests.house.pages import list_tables, setting_keys
from tests.house.sources import ROOT
from ui.cli import cli
from ui.setup import Installation, config_file, render_units

_KEY = re.compile(r"^#(?=[a-z_]+ = )", re.M)
_UNIT = re.compile(r"^`/etc/systemd/system/([\w.-]+)`:\n\n```ini\n(.*?)```", re.M | re.S)
_MOST_EXPOSED = 3.0
"""Of 10, as `systemd-analyze security` counts; what it calls medium begins at 4."""

SYSTEMD_ANALYZE = shutil.which("systemd-analyze") or ""
needs_systemd = pytest.mark.skipif(not SYSTEMD_ANALYZE, reason="systemd-analyze is not installed")


def init(folder: Path, *options: str) -> Result:
    """Run the command on that folder; an error of ours is raised."""
    return CliRunner().invoke(cli, ["init", str(folder), *options], catch_exceptions=False)


def test_the_settings_that_it_writes_are_the_defaults(tmp_path: Path) -> None:
    """Only the folders of the index and of the models are set."""
    result = init(tmp_path / "site")

    assert result.exit_code == 0
    settings = load_settings(tmp_path / "site" / "inhouse.toml")
    folders = {"data": tmp_path / "site" / "index", "cache": tmp_path / "site" / "models"}
    assert settings == Settings(**folders)
    assert "systemctl enable --now inhouse-ingest.timer" in result.stdout


def test_every_setting_stands_in_the_file_with_its_default(tmp_path: Path) -> None:
    """With each "#" before a key taken away the file is still one of settings, and they are the same."""
    text = config_file({})
    before_tables = "\n".join(
        section for section in re.split(r"\n(?=\[|#\[\[)", text) if not section.startswith("#[[")
    )
    path = tmp_path / "inhouse.toml"
    path.write_text(_KEY.sub("", before_tables), "utf-8")
    assert load_settings(path) == Settings()

    missing = [
        key
        for key in setting_keys()
        if key not in list_tables() and not re.search(rf"^#{key.rpartition('.')[2]} =", text, re.M)
    ]
    assert missing == []
    assert all(f"#[[{key}]]" in text for key in list_tables())


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """Not even half: nothing is written where one of the files is there; --force overwrites all."""
    (tmp_path / "units").mkdir()
    timer = tmp_path / "units" / "inhouse-ingest.timer"
    timer.write_text("mine")

    with pytest.raises(UsageError, match=r"inhouse-ingest\.timer already; nothing was written"):
        init(tmp_path)
    assert timer.read_text() == "mine"
    assert not (tmp_path / "inhouse.toml").exists()
    assert run(cli, ["init", str(tmp_path)], "inhouse") == 2

    assert init(tmp_path, "--force").exit_code == 0
    assert "OnCalendar=" in timer.read_text()
    assert (tmp_path / "inhouse.toml").exists()


@needs_systemd
@pytest.mark.parametrize("name", ["site", "our 100% $HOME 'site'; x"])
@pytest.mark.parametrize("has_gpu", [False, True], ids=["cpu", "gpu"])
def test_systemd_takes_the_units_without_a_word(tmp_path: Path, name: str, has_gpu: bool) -> None:
    """Also where a path holds what means something to systemd."""
    folder = tmp_path / name
    program = tmp_path / "our programs" / "inhouse"  # systemd refuses quotes and the like there
    program.parent.mkdir()
    folder.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = render_units(
        Installation((str(program),), folder, folder / "inhouse.toml", "root", has_gpu=has_gpu)
    )
    written = tmp_path / "units"
    written.mkdir()
    for file_name, text in units.items():
        (written / file_name).write_text(text)

    done = subprocess.run(
        [SYSTEMD_ANALYZE, "verify", "--man=no", *sorted(written.iterdir())],
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_a_service_may_do_little(tmp_path: Path) -> None:
    """Measured by systemd itself."""
    init(tmp_path)
    for unit in sorted((tmp_path / "units").glob("*.service")):
        done = subprocess.run(
            [SYSTEMD_ANALYZE, "security", "--offline=true", "--no-pager", str(unit)],
            capture_output=True,
            text=True,
        )
        level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        assert level, done.stderr
        assert float(level[1]) < _MOST_EXPOSED, unit.name


def test_a_service_in_a_home_may_read_it(tmp_path: Path) -> None:
    """Elsewhere homes are closed; either way it writes to its own folder alone."""
    at_home = Installation(
        ("/home/anna/.venv/bin/inhouse",), Path("/srv/x"), Path("/srv/x/i"), "anna"
    )
    elsewhere = Installation(("/opt/bin/inhouse",), Path("/srv/x"), Path("/srv/x/i"), "anna")
    assert "ProtectHome=read-only\n" in render_units(at_home)["inhouse-web.service"]
    assert "ProtectHome=yes\n" in render_units(elsewhere)["inhouse-web.service"]
    assert render_units(at_home)["inhouse-web.service"].count("ReadWritePaths=/srv/x\n") == 1


@pytest.mark.parametrize("page", ["deployment.md", "operations.md"])
def test_the_units_in_the_docs_are_those_that_it_writes(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    folder = Path("/var/lib/inhouse")
    program = ("/opt/inhouse/.venv/bin/inhouse",)
    units = render_units(Installation(program, folder, folder / "inhouse.toml", "inhouse"))
    documented = dict(_UNIT.findall(text))
    assert documented
    assert documented == {name: units[name] for name in documented}


def test_the_last_lines_are_commands_that_can_be_copied(tmp_path: Path) -> None:
    """Also for a folder whose name a shell would take apart."""
    lines = init(tmp_path / "our site").stdout.splitlines()
    folder = f"'{tmp_path}/our site'"
    assert any(line.endswith("inhouse models engine install") for line in lines)
    assert any(f"cp {folder}/units/* /etc/systemd/system/" in line for line in lines)
    assert any(folder in line for line in lines if line.startswith("2. "))
