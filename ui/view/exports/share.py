"""The dialog in which an answer is shown to colleagues, sent or saved."""

from __future__ import annotations

from ui.messages.page import Words
from ui.view.answer_actions import Kept
from ui.view.markup import escape

_MAIL_CHARACTERS = 1_500  # of text; programs cut an address of more than about 2,000 characters


def render_share_dialog(kept: Kept, token: str, subject: str, text: str, words: Words) -> str:
    """What one can do with an answer and its conversation. `token` is that of its link, if it is shared.

    `text` is the answer with its sources, for an e-mail.
    """
    address = f"/conversations/{escape(kept.conversation)}"
    body = text if len(text) <= _MAIL_CHARACTERS else text[:_MAIL_CHARACTERS].rstrip() + " …"
    return (
        f'<header><h2 tabindex="-1">{escape(words.share)}</h2><button type="button" class="later" '
        f'aria-label="{escape(words.leave_it)}">✕</button></header>'
        f"{_link(address, token, words)}"
        f'<h3>{escape(words.share_send)}</h3><p class="row"><a class="mail" href="mailto:" '
        f'data-subject="{escape(subject)}" data-body="{escape(body)}">{escape(words.share_mail)}</a></p>'
        f"<h3>{escape(words.share_save)}</h3>"
        f"{_files(words.share_answer, f'{address}/{kept.turn}')}{_files(words.share_all, address)}"
        f'<p class="row"><button type="button" class="print">{escape(words.share_print)}</button></p>'
    )


def _files(label: str, address: str) -> str:
    return (
        f'<p class="row files"><span>{escape(label)}</span>'
        f'<a download href="{address}.docx">Word</a><a download href="{address}.md">Markdown</a></p>'
    )


def _link(address: str, token: str, words: Words) -> str:
    heading, why = escape(words.share_link), escape(words.share_link_why)
    if not token:
        return (
            f'<h3>{heading}</h3><p class="hint">{why}</p><p class="row">'
            f'<button type="button" class="send" data-post="{address}/share">'
            f"{escape(words.share_create)}</button></p>"
        )
    return (
        f'<h3>{heading}</h3><p class="hint">{why}</p><p class="row">'
        f'<input readonly aria-label="{heading}" data-link="/?s={escape(token)}">'
        f'<button type="button" class="send take">{escape(words.share_copy)}</button>'
        f'<button type="button" data-post="{address}/unshare">{escape(words.share_end)}</button></p>'
    )
