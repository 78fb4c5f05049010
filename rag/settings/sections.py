"""The settings, section by section: their types, defaults, bounds and descriptions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from rag.database_address import is_address
from rag.settings.base import FromText, Section
from rag.settings.sources import AccessSettings, Globs, RootSettings, SourceSettings
from rag.settings.web import WebSettings, check_header


class EmbedderSettings(Section):
    """The model that turns text into vectors. Changing it needs `inhouse reembed`."""

    model: str = Field(
        "auto",
        description="Catalogue name, local folder or hub id; auto: the index's own, and for a new index the "
        "one for the languages of its first files.",
    )
    backend: Literal["auto", "openvino", "sentence-transformers"] = Field(
        "auto",
        description="Engine; auto: a GPU if there is one, else the faster one on this CPU.",
    )
    batch_size: int = Field(32, ge=1, le=1024, description="Texts per batch.")
    threads: int = Field(0, ge=0, le=1024, description="CPU threads; 0: all of the machine.")


class LLMSettings(Section):
    """The language model, and the server that runs it."""

    model: str = Field(
        "auto",
        description="Catalogue name, folder or hub id; auto: the best for this machine, or what is served.",
    )
    url: str = Field(
        "http://127.0.0.1:8000/v1",
        description="OpenAI-compatible base URL of the vLLM server; several of one model, with commas.",
    )
    api_key: str = Field("", description="API key of that server, if it needs one.")
    temperature: float = Field(0.0, ge=0, le=2, description="0 gives the most repeatable answers.")
    max_tokens: int = Field(256, ge=16, le=32768, description="Longest answer, in tokens.")
    max_concurrent: int = Field(
        64,
        ge=1,
        le=10_000,
        description="Maximum number of concurrent answers; further questions queue.",
    )
    connect_timeout_s: float = Field(3.0, gt=0, le=60, description="Seconds to reach the server.")
    timeout_s: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="Seconds without a new token, or in the queue, before giving up.",
    )

    @property
    def urls(self) -> tuple[str, ...]:
        """The base URLs of the servers that serve the model; one at least."""
        return tuple(url.strip() for url in self.url.split(",") if url.strip()) or ("",)

    def at(self, url: str) -> LLMSettings:
        """The same for one of the servers."""
        return self.model_copy(update={"url": url})


class RetrievalSettings(Section):
    """How many passages are retrieved, and how much of them the model reads."""

    k: int = Field(8, ge=1, le=200, description="Number of passages to retrieve per question.")
    context_tokens: int | None = Field(
        None,
        ge=64,
        le=1_000_000,
        description="Maximum tokens of passages in the prompt; unset: 1,500, for small models 400.",
    )
    reranker: str = Field(
        "", description="Cross-encoder that reorders the best passages: folder or hub id."
    )
    rerank: int = Field(
        20, ge=1, le=200, description="Number of passages that the reranker scores per question."
    )


class AnswersSettings(Section):
    """When an answer is called clear, and how sentences are checked."""

    abstain: bool = Field(
        True,
        description="Call no answer clear that the calibration of the index doubts.",
    )
    entailment: str = Field(
        "", description="NLI cross-encoder that must confirm a quote: folder or hub id."
    )
    judge: bool = Field(
        True,
        description="Let a model that has earned it (inhouse calibrate --judge) vote on doubtful sentences.",
    )
    judge_url: str = Field(
        "", description="Server of the model that votes; empty: the one that answers."
    )
    agent: Literal["auto", "on", "off"] = Field(
        "auto",
        description="A model that calls tools searches again where no answer was clear; auto: a known one.",
    )


class ChunkerSettings(Section):
    """How documents are cut into chunks. A change re-reads every document at the next ingest."""

    max_tokens: int = Field(
        240, ge=32, le=8192, description="Maximum chunk size, in tokens of the embedder."
    )
    name: str = Field(
        "",
        pattern=r"^[a-z0-9-]*$",
        description="An installed chunker, which says where chunks begin; empty: only Inhouse's own.",
    )


class IngestSettings(Section):
    """How files are read."""

    engine: Literal["local", "ray"] = Field(
        "local",
        description="Where files are parsed and texts embedded: on this machine, or on the Ray cluster at "
        "RAY_ADDRESS.",
    )
    max_file_mb: float = Field(
        200.0, gt=0, le=100_000, description="Skip files larger than this, in MB."
    )
    max_text_mb: float = Field(
        64.0, gt=0, le=10_000, description="Files with more text than this are skipped, in MiB."
    )
    sandbox: Literal["auto", "required"] = Field(
        "auto",
        description="required: nothing is read unless the kernel closes files, network and calls to parsers.",
    )
    files_per_parser: int = Field(
        2_000,
        ge=1,
        le=2_000,
        description="Files that one parser's process reads; 1: a hostile file can do nothing to how others "
        "are read, at a third of a second more for each.",
    )
    timeout_s: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="Maximum seconds per file for a parser, and of silence for a folder.",
    )
    deadline: float = Field(
        0.0,
        ge=0,
        le=604_800,
        description="Seconds after which a run ends, with what is finished; 0: never.",
    )
    memory_mb: int = Field(
        1024,
        ge=128,
        le=65536,
        description="Maximum memory for one file, in its parser and after it, in MiB.",
    )
    workers: int = Field(
        0, ge=0, le=64, description="Number of parser processes; 0: one for every four cores."
    )
    include: Globs = Field(
        (), description="Read only files that match one of these globs; empty: all."
    )
    exclude: Globs = Field((), description="Skip files and folders that match one of these globs.")
    hidden: bool = Field(
        False, description="Also read files and folders whose name begins with a dot."
    )
    ocr: Literal["auto", "off"] = Field(
        "auto", description="Read text in pictures and scanned pages if tesseract is installed."
    )
    ocr_languages: str = Field(
        "eng",
        pattern=r"^[A-Za-z_]+(/[A-Za-z_]+)?(\+[A-Za-z_]+(/[A-Za-z_]+)?)*$",
        description='Languages of scanned text as tesseract names them, such as "deu+eng".',
    )
    ocr_timeout_s: float = Field(
        600.0, gt=0, le=86_400, description="Maximum seconds per file for tesseract."
    )
    max_delete: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Stop a run that would delete more than this share of a folder's documents.",
    )
    metrics_file: Path | None = Field(
        None, description="File in which each run writes its metrics for Prometheus; unset: none."
    )
    watch_quiet_s: float = Field(
        2.0, ge=0.05, le=3600, description="--watch: seconds without a change before a run begins."
    )
    watch_rescan_s: float = Field(
        600.0, ge=1, le=86_400, description="--watch: seconds between two full scans."
    )
    roots: Annotated[tuple[RootSettings, ...], FromText] = Field(
        (), description="Folders to read if no PATH is given."
    )
    sources: Annotated[tuple[SourceSettings, ...], FromText] = Field(
        (), description="Other sources to read if no PATH is given."
    )


class IndexSettings(Section):
    """How long old generations of the index are kept, and how long a run waits for another.

    A generation goes when both limits are exceeded.
    """

    keep_generations: int = Field(
        10,
        ge=1,
        le=100_000,
        description="Number of newest generations to keep, for inhouse rollback.",
    )
    keep_days: float = Field(30.0, ge=0, le=36_500, description="Days to keep a generation.")
    wait_s: float = Field(
        0.0,
        ge=0,
        le=86_400,
        description="Seconds that a run waits for another one which is writing to the index.",
    )


class ServeSettings(Section):
    """How `inhouse serve` runs vLLM."""

    port: int = Field(8000, ge=1, le=65535, description="Port on the loopback address.")
    replicas: int = Field(
        1,
        ge=1,
        le=64,
        description="Number of vLLMs that share the machine and listen from `port` on.",
    )
    max_model_len: int | None = Field(
        None,
        ge=512,
        le=1_000_000,
        description="Context, in tokens; unset: the model's, at most 8,192 on a CPU, 32,768 on a GPU.",
    )
    kv_cache_gb: float | None = Field(
        None,
        gt=0,
        le=1024,
        description="Memory of the KV cache, in GiB; unset: sized to the machine and the model.",
    )
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = Field(
        "auto",
        description="Number format for computing; auto: the best for this model and machine.",
    )
    gpus: int | None = Field(
        None, ge=1, le=64, description="Maximum number of GPUs for the model; unset: by its size."
    )
    chat_template: Path | None = Field(
        None, description="Jinja file for the conversation; unset: the model's own, or a plain one."
    )
    tool_parser: str | None = Field(
        None,
        description="vLLM's parser for the model's calls of tools; unset: as the catalogue says.",
    )
    start_timeout_s: float = Field(
        600.0, gt=0, le=7200, description="Maximum seconds until the server is ready."
    )
    eager: bool | None = Field(
        None, description="Skip compilation; unset: skip on a CPU, compile on a GPU."
    )


def _check_secret(value: str) -> str:
    if value and len(value) < 32:
        raise ValueError(f"it has {len(value)} characters; a secret for HS256 has 32 or more")
    return value


class ApiSettings(Section):
    """How programs are answered: see docs/api.md."""

    port: int = Field(7861, ge=1, le=65535, description="Port of inhouse api.")
    stream: Literal["sentences", "tokens"] = Field(
        "sentences",
        description="What a stream releases: each sentence after its check, or the model's words as they "
        "come.",
    )
    sources: Literal["fields", "text", "auto"] = Field(
        "auto",
        description="Where sources stand: in fields, as a list in the text, or as the program shows them.",
    )
    jwt_secret: Annotated[str, AfterValidator(_check_secret)] = Field(
        "",
        description="Secret with which a service signs (HS256) for whom it asks, 32 characters or more.",
    )
    jwt_keys: str = Field(
        "", description="Address or file of the public keys (JWKS) that check such a signature."
    )
    jwt_header: Annotated[str, AfterValidator(check_header)] = Field(
        "x-openwebui-user-jwt", description="Header with the signed JWT; Open WebUI's by default."
    )
    jwt_claim: str = Field(
        "email", min_length=1, description="Claim of the JWT that names the account."
    )
    jwt_issuer: str = Field("", description="Issuer (iss) that the JWT has to name; empty: any.")
    jwt_audience: str = Field("", description="Audience (aud) that it has to name; empty: any.")


class TracingSettings(Section):
    """Spans for an OpenTelemetry collector of your own; without any nothing is recorded or sent."""

    spans: bool = Field(
        False,
        description="Whether it is recorded how long requests, searches, the model and the check take, and "
        "sent where the variables OTEL_EXPORTER_OTLP_… say; never what was asked or said.",
    )


def _check_database(value: str) -> str:
    if value and not is_address(value):
        raise ValueError("an address of a database begins with postgresql://")
    return value


class Settings(Section):
    """All settings of Inhouse; `load_settings` makes one."""

    data: Path = Field(
        Path("data"),
        description="Folder of the index, or address of a PostgreSQL database: `postgresql://…`.",
    )
    database: Annotated[str, AfterValidator(_check_database)] = Field(
        "",
        description="Address of the database that holds the index; `data` is then the folder of what "
        "stands beside it on this machine. An address as `data` is put here.",
    )
    cache: Path | None = Field(None, description="Folder of fetched models; unset: user's cache.")
    log_format: Literal["text", "json"] = Field("text", description="Format of log lines.")
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
    api: ApiSettings = ApiSettings()
    tracing: TracingSettings = TracingSettings()

    @model_validator(mode="before")
    @classmethod
    def _split_address(cls, values: Any) -> Any:
        """An address given as `data` names the database."""
        if isinstance(values, dict) and is_address(data := str(values.get("data", ""))):
            return {k: v for k, v in values.items() if k != "data"} | {"database": data}
        return values

    @property
    def location(self) -> str | Path:
        """Where the index is kept: its database's address, or its folder."""
        return self.database or self.data
