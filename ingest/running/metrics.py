"""The numbers of a run for Prometheus, as a file for the node exporter's textfile collector."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.report import IngestReport
from rag.errors import ConfigurationError, InhouseError
from rag.index import FileState, open_store
from rag.index.views.overview import Overview

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_FINISHED = (0, 3)
_SUCCESS = "inhouse_ingest_last_success_timestamp_seconds"
_log = logging.getLogger(__name__)


def check_metrics_file(path: Path) -> None:
    """Raises ConfigurationError if nothing can be written there: better said before the run."""
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise ConfigurationError(
            f"The metrics file {path} cannot be written.", hint="Its folder must be there."
        )


def write_metrics(
    path: Path,
    data_dir: str | Path,
    report: IngestReport | None,
    *,
    exit_code: int,
    started_at: float,
) -> None:
    """Replace the file in one step; `report` is None for a run that ended with an error.

    A file that cannot be written is a warning: the run is what it is, and stale numbers show by their time.
    """
    from prometheus_client import CollectorRegistry, write_to_textfile

    registry = CollectorRegistry()
    now = time.time()
    _gauge(registry, "inhouse_ingest_last_run_timestamp_seconds", "When the last run ended.", now)
    succeeded = now if exit_code in _FINISHED else _earlier_success(path)
    if succeeded:
        _gauge(registry, _SUCCESS, "When a run last ended with 0 or 3.", succeeded)
    _gauge(registry, "inhouse_ingest_exit_code", "How the last run ended.", exit_code)
    took = now - started_at
    _gauge(registry, "inhouse_ingest_duration_seconds", "How long the last run took.", took)
    if report is not None:
        _add_report(registry, report)
    try:
        _add_index(registry, open_store(data_dir).read_overview())
    except InhouseError as exc:
        _log.debug("metrics without the index: %s", exc)  # there is none yet, or the run said why
    try:
        write_to_textfile(str(path), registry)
    except OSError as exc:
        _log.warning("The metrics file %s cannot be written: %s.", path, exc.strerror)


def _add_report(registry: CollectorRegistry, report: IngestReport) -> None:
    _gauges(
        registry,
        "inhouse_ingest_files",
        "Files of the last run.",
        "change",
        report.file_counts.items(),
    )
    new = sum(not problem.is_known for problem in report.failed)
    _gauge(
        registry, "inhouse_ingest_new_failures", "Files that failed and did not fail before.", new
    )
    outcomes = ((root.uri, root.exit_code) for root in report.roots)
    about = "How the last run over each root ended."
    _gauges(registry, "inhouse_ingest_root_exit_code", about, "root", outcomes)
    chunks = {"embedded": report.chunks_embedded, "reused": report.chunks_reused}
    _gauges(registry, "inhouse_ingest_chunks", "Chunks of the last run.", "how", chunks.items())


def _add_index(registry: CollectorRegistry, index: Overview) -> None:
    _gauge(registry, "inhouse_index_generation", "The published generation.", index.generation)
    _gauge(registry, "inhouse_index_documents", "Documents in the index.", index.documents)
    _gauge(registry, "inhouse_index_chunks", "Chunks in the index.", index.chunks)
    _gauge(registry, "inhouse_index_bytes", "Size of the data folder.", index.bytes_on_disk)
    share = index.coverage.share
    _gauge(registry, "inhouse_index_coverage_ratio", "Share of the pages with text.", share)
    states = ((state.value, index.files.get(state, 0)) for state in FileState)
    _gauges(registry, "inhouse_index_files", "Files of the ledger by state.", "state", states)


def _gauge(registry: CollectorRegistry, name: str, meaning: str, value: float) -> None:
    from prometheus_client import Gauge

    Gauge(name, meaning, registry=registry).set(value)


def _gauges(
    registry: CollectorRegistry,
    name: str,
    meaning: str,
    label: str,
    values: Iterable[tuple[str, float]],
) -> None:
    from prometheus_client import Gauge

    gauge = Gauge(name, meaning, [label], registry=registry)
    for key, value in values:
        gauge.labels(key).set(value)


def _earlier_success(path: Path) -> float | None:
    """When a run last ended well, as the file of the run before says."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        for family in text_string_to_metric_families(path.read_text("utf-8")):
            for sample in family.samples:
                if sample.name == _SUCCESS:
                    return float(sample.value)
    except (OSError, ValueError):
        return None  # there was none, or it is no file of ours: the next success writes it
    return None
