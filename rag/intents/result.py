"""What a request came to."""

from __future__ import annotations

from typing import Any

from rag.answer import Extract
from rag.computed import Computed


class IntentResult(Computed):
    """What was done and what came of it, without a language model.

    `extracts` are the documents' own sentences, first those that matter most. `generation` is the state of
    the index. `asks_model`: a model's summary or comparison may be shown below, where it is supported;
    everywhere else a model has nothing to add.
    """

    extracts: tuple[Extract, ...] = ()
    generation: int = 0
    asks_model: bool = False

    @property
    def computed(self) -> Computed:
        """The part that an `Answer` carries."""
        return Computed(
            kind=self.kind,
            language=self.language,
            text=self.text,
            notes=self.notes,
            table=self.table,
        )

    def to_json(self) -> dict[str, Any]:
        """This value, ready for `json.dumps`."""
        return self.model_dump(mode="json")
