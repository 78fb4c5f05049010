"""The settings, section by section: their types, defaults, bounds and descriptions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from rag.settings.base import FromText, Section
from rag.settings.sources import AccessSettings, Globs, RootSettings
from rag.settings.web import WebSettings


class EmbedderSettings(Section):
    """Which model turns text into vectors. Changing it needs a new index."""

    model: str = Field("all-minilm-l6-v2", description="Catalogue name, local folder or hub id.")
    backend: Literal["auto", "openvino", "sentence-transformers"] = Field(
        "auto",
        description="What computes; auto: a GPU if there is one, else the faster on this CPU.",
    )
    batch_size: int = Field(32, ge=1, le=1024, description="Texts per batch.")
    threads: int = Field(0, ge=0, le=1024, description="CPU threads; 0 means all that are there.")


class LLMSettings(Section):
    """Which model answers, and where it is served."""

    model: str = Field(
        "auto",
        description="Catalogue name, folder or hub id; auto: the best for this machine, or what is served.",
    )
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


class RetrievalSettings(Section):
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


class AnswersSettings(Section):
    """When the documents count as saying nothing, and what supports a sentence."""

    abstain: bool = Field(
        True, description="Whether what inhouse calibrate found decides before the model is asked."
    )
    entailment: str = Field(
        "", description="Cross-encoder that has to find sentences in quotes: folder or hub id."
    )


class ChunkerSettings(Section):
    """How documents are cut. Changing it cuts every document anew at the next ingest."""

    max_tokens: int = Field(
        240, ge=32, le=8192, description="Longest chunk, in tokens of the embedder."
    )


class IngestSettings(Section):
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


class IndexSettings(Section):
    """How long old states of the index are kept; one is while either of the two says so."""

    keep_generations: int = Field(
        10, ge=2, le=100_000, description="Newest generations to keep, for inhouse rollback."
    )
    keep_days: float = Field(30.0, ge=0, le=36_500, description="Days to keep a generation.")


class ServeSettings(Section):
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


class Settings(Section):
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
