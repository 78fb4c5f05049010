"""The list of somebody's conversations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Protocol

from ui.messages.numbers import count, format_day_and_time
from ui.messages.page import Words
from ui.view.markup import escape, escape_name


class ConversationRow(Protocol):
    """What the list needs of a conversation."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def updated_at(self) -> float: ...
    @property
    def profile(self) -> str: ...
    @property
    def turns(self) -> int: ...


def render_conversations(
    conversations_found: Iterable[ConversationRow],
    searched: str,
    words: Words,
    profiles: Mapping[str, str],
    shared: Mapping[str, str],
) -> str:
    """The list, the latest first; a sentence where there is none.

    `profiles`: what each profile is called, where that has to be told apart. `shared`: the token of the link
    of each conversation that has one; they stand first.
    """
    items: dict[bool, list[str]] = {True: [], False: []}
    for conversation in conversations_found:
        profile, token = profiles.get(conversation.profile, ""), shared.get(conversation.id, "")
        items[bool(token)].append(_item(conversation, profile, token, words))
    lists = [f'<ul class="kept">{"".join(group)}</ul>' for group in items.values() if group]
    if items[True]:
        lists[0] = f"<h3>{escape(words.shared_links)}</h3>{lists[0]}"
    if lists:
        return "<hr>".join(lists)
    empty = words.none_fit if searched else words.none_kept
    return f'<p class="plain">{escape(empty)}</p>'


def _item(conversation: ConversationRow, profile: str, token: str, words: Words) -> str:
    title = escape_name(conversation.title) or escape(words.untitled)
    day = dt.datetime.fromtimestamp(conversation.updated_at).astimezone()
    updated = escape(format_day_and_time(conversation.updated_at, words))
    when = f'<time datetime="{day.isoformat(timespec="minutes")}">{updated}</time>'
    questions = escape(count(words.question_count, conversation.turns, words))
    of = f" · {escape_name(profile)}" if profile else ""
    return (
        f'<li data-id="{escape(conversation.id)}"><a href="/?c={escape(conversation.id)}">'
        f'<span class="title">{title}</span><span class="when">{when} · {questions}{of}</span></a>'
        f"{_link_buttons(token, title, words)}"
        f'<button type="button" class="rename" aria-label="{escape(words.rename)}: {title}">✎</button>'
        f'<button type="button" class="forget" aria-label="{escape(words.forget)}: {title}">✕</button>'
        "</li>"
    )


def _link_buttons(token: str, title: str, words: Words) -> str:
    if not token:
        return ""
    return (
        f'<button type="button" class="copy-link" data-link="/?s={escape(token)}" '
        f'aria-label="{escape(words.share_copy)}: {title}"></button>'
        f'<button type="button" class="unshare" aria-label="{escape(words.share_end)}: {title}">'
        f"{escape(words.share_end)}</button>"
    )


def render_drawers(words: Words) -> str:
    """The frames for the list and for feedback, empty; the page's script fills them."""
    texts = {
        "copied": words.copied,
        "thanks": words.thanks,
        "rename": words.rename,
        "sure": words.forget_sure,
        "sure-all": words.forget_all_sure,
        "link": words.share_link_copied,
        "ended": words.share_ended,
    }
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in texts.items())
    return (
        f'<dialog id="history" aria-label="{escape(words.history)}" {data}><header>'
        f"<h2>{escape(words.history)}</h2>"
        f'<button type="button" class="shut" aria-label="{escape(words.close_history)}">✕</button></header>'
        f'<input type="search" id="history-search" placeholder="{escape(words.history_search)}" '
        f'aria-label="{escape(words.history_search)}"><div class="list" aria-live="polite"></div>'
        f'<p class="note">{escape(words.history_note)}</p>'
        f'<footer><a class="this" href="#" download hidden>{escape(words.export_this)}</a>'
        f'<a href="/conversations/export" download>{escape(words.export)}</a>'
        f'<button type="button" class="forget-all">{escape(words.forget_all)}</button></footer></dialog>'
        f'<dialog id="feedback" aria-label="{escape(words.reason)}"></dialog>'
        f'<dialog id="share" aria-label="{escape(words.share)}"></dialog>'
        '<p id="toast" role="status"></p>'
    )
