"""Evaluations that are kept beside the index, so that the page can show the last one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import StorageError
from rag.evaluation.result import Evaluation
from rag.files import make_private_folder, replace_file

FOLDER = "evaluations"
KEPT = 20
KEPT_BYTES = 200_000_000
"""So many are kept, and no more than so much; older ones go. The newest stays in any case."""


def keep(data_dir: Path, evaluation: Evaluation) -> Path:
    """Keep the evaluation in the data folder, whole or not at all. Raises StorageError."""
    folder = data_dir / FOLDER
    # With microseconds: two short evaluations can begin in the same second, and the name gives their order.
    made_at = datetime.fromtimestamp(evaluation.made_at, UTC)
    moment = made_at.strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"{moment}-{secrets.token_hex(2)}.json"
    try:
        make_private_folder(folder)
        write_json(path, evaluation)
        _sweep(data_dir)
    except OSError as exc:
        raise StorageError(
            f"The evaluation was not kept: {folder} cannot be written ({exc.strerror or exc})."
        ) from exc
    return path


def _sweep(data_dir: Path) -> None:
    size = 0
    for index, path in enumerate(list_evaluations(data_dir)):
        size += path.stat().st_size
        if index and (index >= KEPT or size > KEPT_BYTES):
            path.unlink(missing_ok=True)


def write_json(path: Path, evaluation: Evaluation) -> None:
    """Write the evaluation's JSON, whole or not at all."""
    with replace_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        json.dump(evaluation.to_json(), file, ensure_ascii=False, indent=1)
        file.write("\n")


def list_evaluations(data_dir: Path) -> list[Path]:
    """The files of the evaluations that are kept, newest first."""
    return sorted((data_dir / FOLDER).glob("[0-9]*.json"), reverse=True)


def load_last_evaluation(data_dir: Path) -> Evaluation | None:
    """The newest evaluation that is kept and can be read; None if there is none."""
    for path in list_evaluations(data_dir):
        try:
            return Evaluation.model_validate(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError):
            # Written by another version, or gone meanwhile: an older one is better than none.
            continue
    return None


def forget(data_dir: Path, uris: Sequence[str]) -> int:
    """Delete the evaluations that name one of these documents; how many there were."""
    names = [json.dumps(uri, ensure_ascii=False)[1:-1].encode() for uri in uris]
    gone = 0
    for path in (data_dir / FOLDER).glob("*.json"):
        content = path.read_bytes()
        if any(name in content for name in names):
            path.unlink()
            gone += 1
    return gone
