"""Serving one client over standard input and output: nothing but the protocol stands on them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ui.mcp.references import Addresses
from ui.mcp.server import Caller, DocumentServer
from ui.web.assistant_service import AssistantService
from ui.web.chat.answer_slots import AnswerSlots
from ui.web.identity import LOCAL, Person, Role
from ui.web.profiles import Profiles

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from rag import Assistant


def identify_local_person(readers: tuple[str, ...]) -> Person:
    """Whoever starts the program: they may read everything, unless they ask for less.

    Raises UsageError for what cannot be a reader token.
    """
    from rag.readers import asker

    if not readers:
        return LOCAL
    return Person(LOCAL.key, LOCAL.name, Role.ADMIN, asker(readers))


def serve_stdio(assistant: Assistant, person: Person) -> None:
    """Answer until standard input ends."""
    service = AssistantService(lambda: assistant, profiles=Profiles([assistant.profile]))
    service.prepare()
    web = assistant.settings.web
    slots, addresses = AnswerSlots(web.answers_at_once), Addresses(web.public_url, is_local=True)
    caller = Caller(person)
    server = DocumentServer(service, lambda _: caller, addresses, slots).build()
    asyncio.run(_serve(server))


async def _serve(server: Server[Any]) -> None:
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
