"""The program that `convert.py` runs in a child process: GGUF_FILE FOLDER.

It imports nothing of `rag`, so that it runs the same wherever this folder lies.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(gguf: Path, into: Path) -> None:
    """Write the model in the file `gguf` to the folder `into`, its weights in bfloat16."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = str(gguf.parent)
    AutoTokenizer.from_pretrained(source, gguf_file=gguf.name).save_pretrained(into)
    AutoModelForCausalLM.from_pretrained(
        source,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    ).save_pretrained(into)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
