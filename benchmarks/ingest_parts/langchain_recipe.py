"""Ingest as LangChain's own tutorial does it: `python langchain_recipe.py FOLDER MODEL` prints JSON.

Run by the Python of an environment that has LangChain, not by ours; so it imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def _load(folder: Path) -> list[Any]:
    """One document a file, or a page of a PDF."""
    from langchain_community import document_loaders as loaders

    def text(path: str) -> Any:
        return loaders.TextLoader(path, autodetect_encoding=True)

    by_suffix = {
        ".md": text,
        ".txt": text,
        ".pdf": loaders.PyPDFLoader,
        ".html": loaders.BSHTMLLoader,
        ".docx": loaders.Docx2txtLoader,
        ".pptx": loaders.UnstructuredPowerPointLoader,
    }
    documents: list[Any] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in by_suffix:
            documents += by_suffix[path.suffix.lower()](str(path)).load()
    return documents


def main(folder: Path, model: str) -> None:
    """Load, split 1,000/200, embed, into FAISS; imports are in the time, as in ours."""
    started = time.perf_counter()
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = splitter.split_documents(_load(folder))
    FAISS.from_documents(chunks, HuggingFaceEmbeddings(model_name=model))
    seconds = time.perf_counter() - started
    used = os.times()
    print(json.dumps({"seconds": seconds, "cpu": used.user + used.system, "chunks": len(chunks)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
