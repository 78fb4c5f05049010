"""`inhouse doctor`: is every part there, and how to mend it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from rag.checks import CheckResult
from rag.cli_options import as_json_option, with_settings
from rag.errors import IndexMissingError, InhouseError
from ui.terminal.checks import echo_results
from ui.terminal.languages import describe_language_gap

if TYPE_CHECKING:
    from rag.models import ModelFolder
    from rag.settings import Settings

_MIN_FREE_GIB = 2.0


@click.command()
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> int:
    """Check each part of Inhouse, and say how to mend what is missing. Exit code 1 if something is."""
    results = [_run(name, check, settings) for name, check in CHECKS.items()]
    if as_json:
        rows = [result.to_json(hint_key="remedy") for result in results]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        echo_results(results, width=16)
    return 0 if all(result.ok for result in results) else 1


def _run(name: str, check: Callable[[Settings], str], settings: Settings) -> CheckResult:
    try:
        return CheckResult(name, True, check(settings))
    except InhouseError as exc:
        return CheckResult(name, False, exc.message, exc.hint)


def _data_folder(settings: Settings) -> str:
    from rag.index.lock import lock_is_kept

    folder = settings.data.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise InhouseError(f"{existing} cannot be written.", hint="Choose another with --data DIR.")
    free = shutil.disk_usage(existing).free / 2**30
    if free < _MIN_FREE_GIB:
        raise InhouseError(f"Only {free:.1f} GiB are free in {existing}.", hint="Make some room.")
    if folder.exists() and not lock_is_kept(folder):
        raise InhouseError(
            f"The file system of {folder} does not keep locks: two runs could write at a time.",
            hint="Put the data folder on a local disk.",
        )
    return f"{folder}, {free:,.0f} GiB free"


def _installation(settings: Settings) -> str:
    """Whether Python finds our packages, and finds them as they were installed."""
    del settings
    from inhouse.own_packages import find_changed_files, find_shadow

    for name in ("rag", "ingest", "ui"):
        if problem := find_shadow(name):
            raise InhouseError(problem)
    if changed := find_changed_files():
        raise InhouseError(
            f"Not as it was installed: {', '.join(changed[:3])}{' …' if len(changed) > 3 else ''}.",
            hint="Run: pip install --force-reinstall --no-deps inhouse",
        )
    return f"inhouse {version('inhouse')}"


def _machine(settings: Settings) -> str:
    del settings
    from rag.models import this_machine
    from ui.terminal.models import format_machine

    return format_machine(this_machine())


def _index(settings: Settings) -> str:
    from rag.index import open_store

    store = open_store(settings.location, beside=settings.data)
    generation = store.open_reader().snapshot().generation
    return (
        f"generation {generation.id}: {generation.documents:,} documents, "
        f"{generation.chunks:,} chunks, {store.describe()}"
    )


def _people(settings: Settings) -> str:
    from ui.web.userdata.database import WAY_BACK, check_people, locate_people_file
    from ui.web.userdata.opening import open_people

    if settings.database and settings.web.people is None:
        open_people(settings).close()
        return "in the database of the index"
    path = locate_people_file(settings)
    if problem := check_people(path):
        raise InhouseError(f"{path} is damaged: {problem}", hint=WAY_BACK)
    return f"{path}, as it was written" if path.exists() else "no accounts or conversations yet"


def _access(settings: Settings) -> str:
    from ingest.planning.source_rules import describe_unapplied
    from rag.index import open_store

    try:
        overview = open_store(settings.location, beside=settings.data).read_overview()
    except IndexMissingError:
        return "no documents yet"
    if behind := describe_unapplied(overview.source_rules, overview.roots, settings):
        raise InhouseError(behind, hint="Run: inhouse ingest")
    return "every document has the readers and tags that these settings say"


def _embedder(settings: Settings) -> str:
    from rag.embedder import embedder_model
    from rag.index import open_store
    from rag.models import resolve_model

    built_with = None
    with contextlib.suppress(InhouseError):  # the index has a line of its own
        built_with = open_store(settings.location, beside=settings.data).read_embedder()
    folder = resolve_model(
        embedder_model(settings, built_with), kind="embedder", cache=settings.cache, fetch=False
    )
    return f"{folder.name}, in {folder.path}"


def _languages(settings: Settings) -> str:
    """Only a notice: searching works, by words in every language."""
    from rag.index import open_store

    try:
        overview = open_store(settings.location, beside=settings.data).read_overview()
    except IndexMissingError:
        return "no documents yet"
    return (
        describe_language_gap(overview, settings)
        or "the embedder is made for those of the documents"
    )


def _reranker(settings: Settings) -> str:
    if not settings.retrieval.reranker:
        return "none configured: the two searches' order stands"
    from rag.models import resolve_model
    from rag.retrieval.reranker import check_reranker

    folder = resolve_model(settings.retrieval.reranker, cache=settings.cache, fetch=False)
    check_reranker(folder.path)
    return f"{folder.name}, in {folder.path}"


def _entailment(settings: Settings) -> str:
    if not settings.answers.entailment:
        return "none configured: answers are checked by their words"
    from rag.citations.entailment import find_entailment_label
    from rag.models import resolve_model

    folder = resolve_model(settings.answers.entailment, cache=settings.cache, fetch=False)
    find_entailment_label(folder.path)
    return f"{folder.name}, in {folder.path}"


def _judge(settings: Settings) -> str:
    from rag.answering.judging import load_trial

    if not settings.answers.judge:
        return "switched off (answers.judge)"
    trial = load_trial(settings.data)
    return str(trial) if trial else "none tried: inhouse calibrate --judge"


def _profile(settings: Settings) -> str:
    from rag.profile import find_profile

    return find_profile(settings.profile, settings.profiles).name


def _parsers(settings: Settings) -> str:
    from ingest.barriers import BARRIERS
    from ingest.ocr import tesseract
    from ingest.parser_child import ParserChild

    limits = settings.ingest
    reads_pictures = limits.ocr == "auto" and tesseract() is not None
    child = ParserChild(limits.timeout_s, limits.memory_mb, starts_programs=reads_pictures)
    try:
        child.start()
    finally:
        child.end()
    missing = [name for name in BARRIERS if not child.barriers.get(name)]
    if not missing:
        bounded = "with all they start in a control group"
        if not child.is_in_group:
            bounded = "each by itself; no control group is delegated to this user (Delegate=)"
        return f"kept from {', '.join(BARRIERS)}; memory and processes are bounded {bounded}"
    text = f"not kept from {', '.join(missing)}: this kernel does not offer it to this user"
    if limits.sandbox == "required":
        raise InhouseError(f"Parsers are {text}.", hint='Set ingest.sandbox = "auto".')
    return text


def _scans(settings: Settings) -> str:
    del settings
    from ingest.ocr import tesseract

    program = tesseract()
    return f"read by {program}" if program else "not read: tesseract is not installed"


def _language_model(settings: Settings) -> str:
    if _is_elsewhere(settings):
        return "not needed here: llm.url is on another machine"
    folder = _model_folder(settings)
    return f"{folder.name}, in {folder.path}"


def _vllm(settings: Settings) -> str:
    if _is_elsewhere(settings):
        return "not needed here: llm.url is on another machine"
    from rag.models.machine import find_gpus
    from rag.vllm import find_vllm

    vllm, gpus = find_vllm(), find_gpus()
    if vllm.device == "cpu" and gpus:
        raise InhouseError(
            f"{vllm.distribution} {vllm.version} is for CPUs, and there is a GPU ({gpus[0].name}).",
            hint="Run: inhouse models engine install",
        )
    if vllm.device == "gpu" and not gpus:
        raise InhouseError(
            f"{vllm.distribution} {vllm.version} is for GPUs, and there is none.",
            hint="Run: inhouse models engine install",
        )
    where = "" if vllm.python == sys.executable else f", run by {vllm.python}"
    return f"{vllm.distribution} {vllm.version}, for the {vllm.device.upper()}{where}"


def _room(settings: Settings) -> str:
    """Whether the model fits, unless it is served already: then it does."""
    if _is_elsewhere(settings):
        return "not needed here: llm.url is on another machine"
    from rag.errors import ModelServerError
    from rag.models import this_machine
    from rag.vllm import health
    from rag.vllm.fitness import check_memory

    folder = _model_folder(settings)
    try:
        names = health(settings.llm.urls[0], timeout=1.0, api_key=settings.llm.api_key)
    except ModelServerError:
        names = ()
    if folder.name in names:
        return f"{folder.name} is being served"
    memory = check_memory(folder.path, this_machine(), settings.serve)
    if not memory.ok:
        raise InhouseError(memory.detail, hint=memory.hint or "inhouse models recommend")
    return f"for {folder.name}: {memory.detail}"


def _model_server(settings: Settings) -> str:
    from rag.errors import ModelServerError
    from rag.vllm import health

    urls, problems = settings.llm.urls, list[ModelServerError]()
    names: tuple[str, ...] = ()
    for url in urls:
        try:
            names = names or health(
                url, timeout=settings.llm.connect_timeout_s, api_key=settings.llm.api_key
            )
        except ModelServerError as exc:
            problems.append(exc)
    if len(problems) == len(urls):
        raise problems[0]
    if not names:
        raise ModelServerError(
            f"{settings.llm.url} serves no model.", hint="See the log of that server."
        )
    from rag.models import AUTO

    model = settings.llm.model
    known = {model, Path(model).name}  # a folder is served by its name
    other = (
        ""
        if model == AUTO or known & set(names)
        else f" (not {model}: its first model answers instead)"
    )
    silent = "".join(f"; {problem}" for problem in problems)
    return f"{', '.join(urls)} serves {', '.join(names)}{other}{silent}"


def _model_folder(settings: Settings) -> ModelFolder:
    from rag.models import choose_model

    return choose_model(settings.llm.model, cache=settings.cache, fetch=False).folder


def _is_elsewhere(settings: Settings) -> bool:
    hosts = {urlsplit(url).hostname for url in settings.llm.urls}
    return not hosts & {"127.0.0.1", "localhost", "::1"}


CHECKS: dict[str, Callable[[Settings], str]] = {
    "Installation": _installation,
    "Machine": _machine,
    "Data folder": _data_folder,
    "Embedder": _embedder,
    "Re-ranker": _reranker,
    "Entailment": _entailment,
    "Judge": _judge,
    "Index": _index,
    "People": _people,
    "Languages": _languages,
    "Access": _access,
    "Profile": _profile,
    "Parsers": _parsers,
    "Scans": _scans,
    "Language model": _language_model,
    "vLLM": _vllm,
    "Memory": _room,
    "Model server": _model_server,
}
