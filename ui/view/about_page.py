"""What answers here, under which licence, and where the data stays."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.models.cards import ModelCard
from ui.messages.numbers import day, number
from ui.messages.page import Words
from ui.view.markup import escape, escape_name, render_emphasis


@dataclass(frozen=True, slots=True)
class Package:
    """A part that Inhouse is built with. `licence` as its maker declares it, or empty."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True)
class About:
    """What is shown. `model` and `embedder` are names; a card is None where the catalogue has none.
    `reranker` and `entailment` are the names of cross-encoders, or empty; `judge` is the model that was tried
    as a judge of doubtful sentences, or empty.

    `judge_votes`: whether it has earned that; `judge_url` is its server, empty for that of the model.

    `model_url` is where questions go, `is_local` whether that is this machine. `data` is the index's
    folder, None for whoever need not know it. `details`: whether models and versions are shown.
    """

    model: str
    model_card: ModelCard | None
    embedder: str
    embedder_card: ModelCard | None
    reranker: str
    entailment: str
    judge: str
    judge_votes: bool
    judge_url: str
    model_url: str
    is_local: bool
    data: str | None
    versions: Mapping[str, str]
    details: bool = True


def render_about_page(about: About, words: Words) -> str:
    """The room."""
    texts = words.rooms
    licence = (
        f"<section><h2>{escape(texts.licence)}</h2><p>{escape(texts.own_licence)}</p>"
        f'<p><a href="/about/notices">{escape(texts.notices)}</a></p></section>'
    )
    if not about.details:
        stays_here = texts.stays_here
        if not about.is_local:
            stays_here += (
                f" {texts.stays_model.format(url=about.model_url)} {texts.stays_elsewhere}"
            )
        return (
            f'<h1>{escape(texts.about)}</h1><p class="lead">{escape(texts.about_lead)}</p>'
            f"<section><h2>{escape(texts.stays)}</h2><p>{escape(stays_here)}</p></section>{licence}"
        )
    stays = [texts.stays_here, texts.stays_model.format(url=about.model_url)]
    stays.append(texts.stays_loopback if about.is_local else texts.stays_elsewhere)
    if about.judge_url and about.judge_votes:
        stays.append(texts.stays_judge.format(url=about.judge_url))
    if about.data is not None:
        stays.append(texts.index_at.format(path=about.data))
    versions = "".join(
        f"<div><dt>{escape_name(name)}</dt><dd>{escape_name(version)}</dd></div>"
        for name, version in about.versions.items()
    )
    verdict = texts.judges if about.judge_votes else texts.judges_not
    return (
        f'<h1>{escape(texts.about)}</h1><p class="lead">{escape(texts.about_lead)}</p>'
        f"<section><h2>{escape(texts.stays)}</h2>{''.join(f'<p>{escape(s)}</p>' for s in stays)}</section>"
        f"{_model(texts.model, about.model, about.model_card, words)}"
        f"{_model(texts.embedder, about.embedder, about.embedder_card, words)}"
        f"{_cross_encoder(texts.reranker, about.reranker, texts.reranks, words)}"
        f"{_cross_encoder(texts.entailment, about.entailment, texts.entails, words)}"
        f"{_cross_encoder(texts.judge, about.judge, verdict, words)}"
        f'<section><h2>{escape(texts.versions)}</h2><dl class="facts card">{versions}</dl></section>{licence}'
    )


def render_notices_page(packages: Sequence[Package], words: Words) -> str:
    """The third-party notices."""
    texts = words.rooms
    head = "".join(
        f'<th scope="col">{escape(cell)}</th>'
        for cell in (texts.package, texts.version, texts.licence)
    )
    rows = "".join(
        f'<tr><th scope="row">{escape_name(package.name)}</th><td>{escape_name(package.version)}</td>'
        f"<td>{escape_name(package.licence) or '–'}</td></tr>"
        for package in packages
    )
    return (
        f'<p><a href="/about">← {escape(texts.about)}</a></p><h1>{escape(texts.notices)}</h1>'
        f'<p class="lead">{escape(texts.notices_lead)}</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(texts.notices)}">'
        f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _model(kind: str, name: str, card: ModelCard | None, words: Words) -> str:
    texts = words.rooms
    if card is None:
        model_name = name.rstrip("/").rpartition("/")[2]
        inner = f'<p class="none">{escape(texts.unknown_model.format(name=model_name))}</p>'
        return f"<section><h2>{escape(kind)}</h2>{inner}</section>"
    facts = {
        texts.licence: card.licence,
        texts.weights: _degree(card.weights_public, words),
        texts.training_data: _degree(card.training_data_public, words),
        texts.code: _degree(card.code_public, words),
        texts.commercial: _degree(card.commercial_use, words),
        texts.parameters: number(card.parameters / 1e6, words) + " M",
        texts.context: texts.tokens.format(n=number(card.context, words)),
        texts.memory: f"{number(card.memory_gb, words, 1)} {words.formats.units[3]}",
    }
    items = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape_name(value)}</dd></div>"
        for label, value in facts.items()
    )
    notes = f'<p lang="en">{render_emphasis(card.notes)}</p>' if card.notes else ""
    # Shown, not linked: nothing on the page leads to another host.
    links = "".join(f"<li><code>{escape_name(link)}</code></li>" for link in card.links)
    checked = day(time.mktime(card.checked.timetuple()), words)
    return (
        f"<section><h2>{escape(kind)}{words.formats.colon}{escape_name(card.title)}</h2>"
        f'<div class="card sheet"><dl class="facts">{items}</dl>{notes}'
        f'<ul class="quiet">{links}</ul>'
        f'<p class="quiet">{escape(texts.checked.format(date=checked))}</p></div></section>'
    )


def _cross_encoder(kind: str, name: str, does: str, words: Words) -> str:
    if not name:
        return ""
    escaped = escape_name(name.rstrip("/").rpartition("/")[2])
    return f"<section><h2>{escape(kind)}{words.formats.colon}{escaped}</h2><p>{escape(does)}</p></section>"


def _degree(value: str, words: Words) -> str:
    return {"yes": words.rooms.yes, "partly": words.rooms.partly, "no": words.rooms.no}[value]
