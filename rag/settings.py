"""Settings: defaults < `inhouse.toml` < `INHOUSE_…` environment < what the caller passes.

Nested settings are sections in the file (`[llm]` `url = …`) and one underscore in the environment
(`INHOUSE_LLM_URL`). `${NAME}` in a string of the file is replaced by that environment variable.
"""

from __future__ import annotations

import os
import re
import tomllib
import typing
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo

from rag.errors import ConfigurationError
from rag.source_settings import AccessSettings, FromText, Globs, RootSettings
from rag.source_settings import Section as _Section
from rag.web_settings import WebSettings

ENV_PREFIX = "INHOUSE_"
_ENV_ONLY = {"INHOUSE_CONFIG"}
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class EmbedderSettings(_Section):
    """Which model turns text into vectors. Changing it needs a new index."""

    model: str = Field("all-minilm-l6-v2", description="Catalogue name, local folder or hub id.")
    backend: Literal["auto", "openvino", "sentence-transformers"] = Field(
        "auto",
        description="What computes; auto: a GPU if there is one, else the faster on this CPU.",
    )
    batch_size: int = Field(32, ge=1, le=1024, description="Texts per batch.")
    threads: int = Field(0, ge=0, le=1024, description="CPU threads; 0 means all that are there.")


class LLMSettings(_Section):
    """Which model answers, and where it is served."""

    model: str = Field("smollm2-135m-instruct", description="Catalogue name, folder or hub id.")
    url: str = Field(
        "http://127.0.0.1:8000/v1", description="OpenAI-compatible base URL of the vLLM server."
    )
    api_key: str = Field("", description="Key sent to that server, where it wants one.")
    temperature: float = Field(0.0, ge=0, le=2, description="0 gives the most repeatable answers.")
    max_tokens: int = Field(256, ge=16, le=32768, description="Longest answer, in tokens.")
    max_concurrent: int = Field(
        64, ge=1, le=10_000, description="Answers written at a time; who comes later waits in line."
    )
    connect_timeout_s: float = Field(3.0, gt=0, le=60, description="Seconds to reach the server.")
    timeout_s: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="Seconds without a new token, or in line, before giving up.",
    )


class RetrievalSettings(_Section):
    """What is found, and how much of it the model reads."""

    k: int = Field(8, ge=1, le=200, description="Passages found for a question.")
    context_tokens: int | None = Field(
        None,
        ge=64,
        le=1_000_000,
        description="Tokens of passages in the prompt, at most; unset: 1,500, for small models 400.",
    )
    reranker: str = Field(
        "", description="Cross-encoder that re-ranks the best passages: folder or hub id."
    )
    rerank: int = Field(20, ge=1, le=200, description="Passages that it reads for a question.")


class AnswersSettings(_Section):
    """When the documents count as saying nothing, and what supports a sentence."""

    abstain: bool = Field(
        True, description="Whether what inhouse calibrate found decides before the model is asked."
    )
    entailment: str = Field(
        "", description="Cross-encoder that has to find sentences in quotes: folder or hub id."
    )


class ChunkerSettings(_Section):
    """How documents are cut. Changing it cuts every document anew at the next ingest."""

    max_tokens: int = Field(
        240, ge=32, le=8192, description="Longest chunk, in tokens of the embedder."
    )


class IngestSettings(_Section):
    """How files are read."""

    max_file_mb: float = Field(200.0, gt=0, le=100_000, description="Larger files are skipped.")
    timeout_s: float = Field(60.0, gt=0, le=3600, description="Seconds a parser may take per file.")
    memory_mb: int = Field(1024, ge=128, le=65536, description="Memory a parser may take, in MiB.")
    workers: int = Field(
        0, ge=0, le=64, description="Parser processes; 0 means one for every four cores."
    )
    include: Globs = Field((), description="Only files that one of these globs fits; none: all.")
    exclude: Globs = Field((), description="No files and folders that one of these globs fits.")
    hidden: bool = Field(False, description="Also names that begin with a dot.")
    ocr: Literal["auto", "off"] = Field(
        "auto", description="Read pictures and scanned pages, where tesseract is installed."
    )
    ocr_languages: str = Field(
        "eng",
        pattern=r"^[A-Za-z_]+(/[A-Za-z_]+)?(\+[A-Za-z_]+(/[A-Za-z_]+)?)*$",
        description='Their languages as tesseract names them, such as "deu+eng".',
    )
    ocr_timeout_s: float = Field(
        600.0, gt=0, le=86_400, description="Seconds that tesseract may take per file."
    )
    max_delete: float = Field(
        0.5,
        ge=0,
        le=1,
        description="A run that would delete more than this share of a folder's documents stops.",
    )
    metrics_file: Path | None = Field(
        None, description="Where each run writes its numbers for Prometheus; unset: nowhere."
    )
    watch_quiet_s: float = Field(
        2.0, ge=0.05, le=3600, description="--watch: seconds without a change before it reads."
    )
    watch_rescan_s: float = Field(
        600.0, ge=1, le=86_400, description="--watch: looks at everything again this often."
    )
    roots: Annotated[tuple[RootSettings, ...], FromText] = Field(
        (), description="What to read when no PATH is given."
    )


class IndexSettings(_Section):
    """How long old states of the index are kept; one is while either of the two says so."""

    keep_generations: int = Field(
        10, ge=2, le=100_000, description="Newest generations to keep, for inhouse rollback."
    )
    keep_days: float = Field(30.0, ge=0, le=36_500, description="Days to keep a generation.")


class ServeSettings(_Section):
    """How `inhouse serve` runs vLLM."""

    port: int = Field(8000, ge=1, le=65535, description="Port on loopback.")
    max_model_len: int | None = Field(
        None,
        ge=512,
        le=1_000_000,
        description="Context, in tokens; unset: the model's, at most 8,192 on a CPU, 32,768 on a GPU.",
    )
    kv_cache_gb: float | None = Field(
        None, gt=0, le=1024, description="Cache memory, in GiB; unset: sized to machine and model."
    )
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = Field(
        "auto", description="Numbers to compute in; auto: what model and machine do best."
    )
    gpus: int | None = Field(
        None, ge=1, le=64, description="GPUs to spread the model over, at most; unset: by its size."
    )
    chat_template: Path | None = Field(
        None, description="Jinja file for the conversation; unset: the model's own, or a plain one."
    )
    start_timeout_s: float = Field(600.0, gt=0, le=7200, description="Seconds until healthy.")
    eager: bool | None = Field(
        None, description="Skip compilation; unset: skip on a CPU, compile on a GPU."
    )


class Settings(_Section):
    """All settings of Inhouse; `load_settings` makes one."""

    data: Path = Field(Path("data"), description="Folder of the index.")
    cache: Path | None = Field(None, description="Folder of fetched models; unset: user's cache.")
    log_format: Literal["text", "json"] = Field("text", description="How log lines look.")
    profiles: Path = Field(Path("profiles"), description="Folder of domain profiles.")
    profile: str = Field(
        "default", min_length=1, description="Domain profile: its name in that folder, or its file."
    )
    embedder: EmbedderSettings = EmbedderSettings()
    llm: LLMSettings = LLMSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answers: AnswersSettings = AnswersSettings()
    chunker: ChunkerSettings = ChunkerSettings()
    ingest: IngestSettings = IngestSettings()
    access: AccessSettings = AccessSettings()
    index: IndexSettings = IndexSettings()
    serve: ServeSettings = ServeSettings()
    web: WebSettings = WebSettings()


def load_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """Read the configuration file and the environment.

    `config` None means `INHOUSE_CONFIG`, or `./inhouse.toml` if it is there. `overrides` win
    over everything; a section's key is written with two underscores (`llm__url="…"`); None means
    not given.
    Raises ConfigurationError, which names the key, its value and where it was set.
    """
    named = config or (
        Path(os.environ["INHOUSE_CONFIG"]) if "INHOUSE_CONFIG" in os.environ else None
    )
    path = named or Path("inhouse.toml")
    origins: dict[tuple[str, ...], str] = {}
    values: dict[str, Any] = {}
    if named is not None or path.exists():
        _merge(values, _read_file(path), origins, lambda key: f"{path}: {'.'.join(key)}")
    _merge(values, _read_environment(), origins, lambda key: ENV_PREFIX + "_".join(key).upper())
    flags: dict[str, Any] = {}
    for name, value in overrides.items():
        if value is not None:
            _assign(flags, tuple(name.split("__")), value)
    _merge(values, flags, origins, lambda key: f"--{'-'.join(key).replace('_', '-')}")
    try:
        return Settings.model_validate(values)
    except ValidationError as exc:
        raise _configuration_error(exc, origins) from exc


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return {k: _expand(v, f"{path}: {k}") for k, v in tomllib.load(file).items()}
    except FileNotFoundError as exc:
        raise ConfigurationError(f"There is no configuration file {path}.") from exc
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigurationError(f"The configuration file {path} cannot be read: {exc}.") from exc


def _expand(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        return {k: _expand(v, f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, list):
        return [_expand(v, where) for v in value]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise ConfigurationError(
                f"{where} uses the environment variable {name}, which is not set.",
                hint=f"Set {name}, or write the value itself.",
            )
        return os.environ[name]

    return _VARIABLE.sub(replace, value)


def _read_environment() -> dict[str, Any]:
    values: dict[str, Any] = {}
    sections = {n for n, f in Settings.model_fields.items() if isinstance(f.default, _Section)}
    for name, value in os.environ.items():
        if not name.startswith(ENV_PREFIX) or name in _ENV_ONLY:
            continue
        key = name.removeprefix(ENV_PREFIX).lower()
        section, _, rest = key.partition("_")
        _assign(values, (section, rest) if section in sections and rest else (key,), value)
    return values


def _assign(values: dict[str, Any], key: tuple[str, ...], value: Any) -> None:
    for part in key[:-1]:
        inner: Any = values.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # a section was given a value: validation says so
        values = inner
    values[key[-1]] = value


def _merge(
    into: dict[str, Any],
    new: dict[str, Any],
    origins: dict[tuple[str, ...], str],
    describe: Any,
    prefix: tuple[str, ...] = (),
) -> None:
    for name, value in new.items():
        key = (*prefix, name)
        if isinstance(value, dict):
            origins.setdefault(key, describe(key))
            inner = into.setdefault(name, {})
            if isinstance(inner, dict):  # else a section was given a value: validation says so
                _merge(inner, value, origins, describe, key)
        else:
            into[name] = value
            origins[key] = describe(key)


def _configuration_error(
    exc: ValidationError, origins: dict[tuple[str, ...], str]
) -> ConfigurationError:
    error = exc.errors()[0]
    key = tuple(str(part) for part in error["loc"])
    where = _where(key, origins)
    if error["type"] == "extra_forbidden":
        known = ", ".join(_known_keys(key[:-1]))
        return ConfigurationError(f"{where} is not a setting.", hint=f"Known here: {known}.")
    if error["type"] == "missing":
        return ConfigurationError(f"{where} is missing.")
    reason = error["msg"].removeprefix("Value error, ")
    reason = reason[0].lower() + reason[1:]
    return ConfigurationError(f"{where} is {error['input']!r}: {reason}.")


def _where(key: tuple[str, ...], origins: dict[tuple[str, ...], str]) -> str:
    """The place that set the key; inside a list, the place of the list and the way from there."""
    for length in range(len(key), 0, -1):
        if key[:length] in origins:
            way = "".join(f"[{int(p) + 1}]" if p.isdigit() else f".{p}" for p in key[length:])
            return origins[key[:length]] + way
    return ".".join(key)


def _known_keys(section: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for name in section:
        if not name.isdigit():
            model = inner_model(model.model_fields[name]) or model
    return sorted(model.model_fields)


def inner_model(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a section, or of each entry of a list of tables; None for a plain value."""
    for candidate in (field.annotation, *typing.get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
