"""The served model as a judge of support: one word, yes or no, with its probability.

The passage stands in front of the question, so that a server that caches prefixes reads it once. What is no
clear yes or no (another word, another language, an error, silence) is no vote.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.answering.model_connection import ModelConnection
from rag.answering.sanitising import sanitise_untrusted
from rag.files import write_json
from rag.models import AUTO
from rag.settings import Settings

_log = logging.getLogger(__name__)
JUDGE_FILE = "judge.json"
_LAYOUT = 1
_SECONDS = 4.0
"""How long one word may take; a reader waits for it."""
_ALTERNATIVES = 10
"""Most likely first tokens that are looked at; servers allow 20."""
_LEAST_CLEAR = 0.5
"""Probability that yes and no have together, below which the model has said something else."""
_MOST_CHARACTERS = 6000
"""Of the text that is read: a passage has about 1,000."""
_YES, _NO = frozenset({"yes", "y"}), frozenset({"no", "n"})
LEAST_PRECISION = 0.9
LEAST_RECALL = 0.3
"""Share of the true sentences that a judge has to confirm: one that never says yes helps nobody."""
FEWEST_PAIRS = 20


@dataclass(frozen=True, slots=True)
class JudgeTrial:
    """How a judge did on sentences of the user's own documents, and from which probability its yes counts.

    `precision`: share of true sentences among those it confirmed; `recall`: share of the true ones that it
    confirmed; `unclear`: share of the sentences that it gave no clear answer to. All three are those of the
    half of the sentences that the threshold was not chosen on.
    """

    model: str
    pairs: int
    precision: float
    recall: float
    unclear: float
    threshold: float

    @property
    def has_vote(self) -> bool:
        """Whether it was right often enough, on enough sentences."""
        return (
            self.pairs >= FEWEST_PAIRS
            and self.precision >= LEAST_PRECISION
            and self.recall >= LEAST_RECALL
        )

    def __str__(self) -> str:
        if self.pairs < FEWEST_PAIRS:
            return (
                f"{self.model} has no vote: {self.pairs} pairs of sentences are too few to tell "
                f"({FEWEST_PAIRS} are needed)"
            )
        figures = (
            f"{self.precision:.0%} of what it confirmed was true, and it confirmed "
            f"{self.recall:.0%} of what is true"
        )
        if self.has_vote:
            return f"{self.model} votes: {figures}"
        needed = f"{LEAST_PRECISION:.0%} and {LEAST_RECALL:.0%} are needed"
        return f"{self.model} has no vote: {figures} ({needed})"


def save_trial(data_dir: Path, trial: JudgeTrial) -> Path:
    """Keep it beside the index, in place of the one before; returns the file. Raises StorageError."""
    path = data_dir / JUDGE_FILE
    write_json(path, {"layout": _LAYOUT, **asdict(trial)})
    return path


def load_trial(data_dir: Path) -> JudgeTrial | None:
    """The trial of the index's judge; None if there was none, or its file cannot be read."""
    path = data_dir / JUDGE_FILE
    try:
        raw = json.loads(path.read_text("utf-8"))
        if raw.pop("layout") != _LAYOUT:
            return None
        return JudgeTrial(**raw)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as exc:
        _log.warning("%s cannot be read, so no judge votes: %s", path, exc)
        return None


def judge_connection(settings: Settings, answering: ModelConnection) -> ModelConnection:
    """The model that judges: the one at `answers.judge_url` where that is set, else the one that answers."""
    if not settings.answers.judge_url:
        return answering
    elsewhere = {"url": settings.answers.judge_url, "model": AUTO}
    other = settings.model_copy(update={"llm": settings.llm.model_copy(update=elsewhere)})
    return ModelConnection(other, None, answering.count_tokens)


class ServedJudge:
    """Asks a served model. `probability` says how sure it is; `confirms` is its vote, from `threshold` on.

    `tried` is the name of the model that has earned the vote; another one has none.
    """

    def __init__(
        self, connection: ModelConnection, threshold: float = 0.5, tried: str = ""
    ) -> None:
        self._connection, self._threshold, self._tried = connection, threshold, tried

    @property
    def name(self) -> str:
        """The model's name, as far as it is known."""
        return self._connection.name

    def for_asker(self, readers: frozenset[str] | None) -> ServedJudge:
        """The same judge for askers with these reader tokens, who share a prefix cache with nobody else."""
        return ServedJudge(self._connection.for_asker(readers), self._threshold, self._tried)

    def confirms(self, text: str, sentence: str) -> bool | None:
        """Its vote; None where it gives no clear answer."""
        probability = self.probability(text, sentence)
        return None if probability is None else probability >= self._threshold

    def probability(self, text: str, sentence: str) -> float | None:
        """The probability of yes beside no; None where the model says neither, or nothing in time."""
        try:
            connected = self._connection.open()
            if self._tried and connected.name != self._tried:
                return None  # another model than the one that has earned the vote
            model = connected.model.bind(
                max_completion_tokens=1,
                temperature=0,
                logprobs=True,
                top_logprobs=_ALTERNATIVES,
                timeout=_SECONDS,
            )
            reply = model.invoke(_messages(text, sentence))
            content = (reply.response_metadata.get("logprobs") or {})["content"]
            return share_of_yes(content[0]["top_logprobs"])
        except (
            Exception
        ) as exc:  # whatever the server does: there is no vote, and the answer is shown
            _log.info("The judge gave no vote: %s", exc)
            return None


def _messages(text: str, sentence: str) -> list[tuple[str, str]]:
    text = sanitise_untrusted(text)[:_MOST_CHARACTERS]
    return [
        ("system", "You compare a statement with a text. You answer with one word, yes or no."),
        (
            "user",
            f"Text:\n{text}\n\nStatement:\n{sanitise_untrusted(sentence)}\n\n"
            "Does the text say everything that the statement says? Answer yes or no.",
        ),
    ]


def share_of_yes(alternatives: Iterable[Mapping[str, Any]]) -> float | None:
    """The probability of yes among yes and no, of the alternatives for one token; None if it is neither."""
    yes = no = 0.0
    for alternative in alternatives:
        word = str(alternative["token"]).strip(" \t\n.,!\"'*▁Ġ").casefold()
        probability = math.exp(min(0.0, float(alternative["logprob"])))
        yes += probability if word in _YES else 0.0
        no += probability if word in _NO else 0.0
    return yes / (yes + no) if yes + no >= _LEAST_CLEAR else None
