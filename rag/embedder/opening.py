"""Which embedder the settings, the model and this machine make."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rag.embedder.openvino import OpenVinoEmbedder
from rag.embedder.protocol import Embedder
from rag.embedder.sentence_transformer import SentenceTransformerEmbedder, has_cuda
from rag.errors import MissingDependencyError, ModelRefusedError, StorageError

if TYPE_CHECKING:
    from rag.models import ModelFolder
    from rag.settings import Settings

AUTO = "auto"
"""The value of `embedder.model` that leaves the choice to the index, or to the files that begin one."""
DEFAULT_EMBEDDER = "all-minilm-l6-v2"
"""The quickest that is good in English; what knows more languages takes four times as long."""

logger = logging.getLogger(__name__)


def embedder_model(settings: Settings, built_with: Mapping[str, Any] | None = None) -> str:
    """The model that is named by the settings, else that of the index, else the default.

    `built_with`: the identity of the index's embedder. A local folder's name is no way back to it, so that
    such an embedder has to be named.
    """
    from rag.models import is_known_name

    if settings.embedder.model != AUTO:
        return settings.embedder.model
    name = str(built_with["name"]) if built_with else ""
    return name if is_known_name(name) else DEFAULT_EMBEDDER


def open_embedder(
    settings: Settings, built_with: Mapping[str, Any] | None = None, *, progress: bool = True
) -> Embedder:
    """The embedder of the settings, or of the index (`embedder_model`), fetched if it is not here yet.

    It is computed with sentence-transformers on a GPU if there is one, else with OpenVINO if the model
    has a form for it (made at the first call), else with sentence-transformers: all give vectors of the
    same identity. `embedder.backend` can insist on one of them.

    Raises what `resolve_model` raises; where the settings insist on OpenVINO also ModelRefusedError if
    the model has no form for it, MissingDependencyError and StorageError.
    """
    from rag.models import resolve_model

    embedder_settings = settings.embedder
    folder = resolve_model(
        embedder_model(settings, built_with),
        kind="embedder",
        cache=settings.cache,
        progress=progress,
    )
    cuda = embedder_settings.backend != "openvino" and has_cuda()
    if embedder_settings.backend == "openvino" or (
        embedder_settings.backend == "auto" and not cuda
    ):
        embedder = _openvino(folder, settings, progress=progress)
        if embedder is not None:
            return embedder
    return SentenceTransformerEmbedder(
        folder.path,
        folder.name,
        folder.sha256,
        batch_size=embedder_settings.batch_size,
        threads=embedder_settings.threads,
        device="cuda" if cuda else "cpu",
    )


def _openvino(folder: ModelFolder, settings: Settings, *, progress: bool) -> Embedder | None:
    """The model's OpenVINO embedder; None where there is none and the settings leave it open."""
    from rag.embedder.openvino_form import NoFormError, prepare_openvino_form
    from rag.models import default_cache

    insists = settings.embedder.backend == "openvino"
    cache = (settings.cache or default_cache()).expanduser()
    try:
        form = prepare_openvino_form(folder, cache, progress=progress)
    except NoFormError as exc:
        if insists:
            raise ModelRefusedError(
                f"{folder.name} cannot be embedded with OpenVINO: {exc}.",
                hint="Set embedder.backend to auto or sentence-transformers.",
            ) from exc
        logger.debug("%s has no OpenVINO form: %s.", folder.name, exc)
        return None
    except (MissingDependencyError, StorageError) as exc:
        if insists:
            raise
        logger.warning("Embedding with sentence-transformers, the slower way. %s", exc)
        return None
    return OpenVinoEmbedder(
        folder.path,
        folder.name,
        folder.sha256,
        form,
        batch_size=settings.embedder.batch_size,
        threads=settings.embedder.threads,
    )
