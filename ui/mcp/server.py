"""The server of the protocol: what it offers, whoever calls, over whichever transport."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from rag.errors import InhouseError, UsageError
from rag.validation import describe_first_problem
from ui.errors import TooManyError
from ui.mcp import texts
from ui.mcp.asking import AnswerRendering, follow_answer
from ui.mcp.references import Addresses, DocumentReference
from ui.mcp.replies import (
    describe_failure,
    make_protocol_error,
    reply_with_failure,
    reply_with_json,
    reply_with_text,
)
from ui.mcp.schemas import (
    AskInput,
    AskOutput,
    FetchInput,
    FetchOutput,
    ListInput,
    ListOutput,
    OpenInput,
    OpenOutput,
    SearchInput,
    SearchOutput,
)
from ui.mcp.tools import DocumentTools
from ui.web.assistant_service import AssistantService
from ui.web.chat.answer_slots import AnswerSlots
from ui.web.identity import Person, Role
from ui.web.security.rate_limit import Throttle
from ui.web.security.work_pool import WorkPool
from ui.web.userdata.audit import AuditLog

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server
    from mcp_types import (
        CallToolRequestParams,
        CallToolResult,
        ListResourcesResult,
        ListResourceTemplatesResult,
        ListToolsResult,
        PaginatedRequestParams,
        ReadResourceRequestParams,
        ReadResourceResult,
    )

_log = logging.getLogger(__name__)
_RESOURCES = 100  # in one list; a client asks for the next ones with the cursor
_INSTRUCTIONS = (
    "Answers from the documents of this organisation. Call ask for an answer whose sentences were checked "
    "against the documents, with the quotes that support them. To read yourself, call search, then fetch or "
    "open_passage with an id that it returned. Quote the titles, pages and urls of the sources; what the "
    "documents do not say, say so."
)
_BROKEN = "Something went wrong on the server; its log says what."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request; `is_welcome` says later whether they still have the same rights."""

    person: Person
    is_welcome: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class _ToolCall:
    """A call that was let in: who made it, what it may use, and how it tells of its progress."""

    caller: Caller
    tools: DocumentTools
    report: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Offered:
    """A tool as it is offered: its descriptions, its schemas, and what runs it."""

    name: str
    title: str
    description: str
    input: type[BaseModel]
    output: type[BaseModel]
    run: Callable[[_ToolCall, Any], Awaitable[CallToolResult]]


class DocumentServer:
    """Serves the documents to `caller_of` each request.

    `clicks` limits how often somebody calls a tool, `slots` how many answers they have under way.
    """

    def __init__(
        self,
        service: AssistantService,
        caller_of: Callable[[ServerRequestContext[Any, Any]], Caller],
        addresses: Addresses,
        slots: AnswerSlots,
        clicks: Throttle | None = None,
        audit: AuditLog | None = None,
    ) -> None:
        self._audit = audit
        self._service, self._caller_of, self._addresses = service, caller_of, addresses
        self._slots, self._clicks = slots, clicks
        # As the page has it for documents: what is slow holds up other documents, and nothing else.
        self._pool = WorkPool("mcp", 4, waiting=60, per_person=8)
        self._offered = {tool.name: tool for tool in self._tools()}

    def build(self) -> Server[Any]:
        """The SDK's server, for any transport."""
        from mcp.server.lowlevel import Server

        server: Server[Any] = Server(
            "inhouse",
            title="Inhouse",
            version=version("inhouse"),
            instructions=_INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )
        server.middleware.clear()  # spans for OpenTelemetry: nothing is reported to anybody
        return server

    def _tools(self) -> Sequence[_Offered]:
        return (
            _Offered(
                "search",
                "Search the documents",
                "Find the passages of the organisation's documents that fit a query best. Returns them word "
                "for word with ids for fetch and open_passage.",
                SearchInput,
                SearchOutput,
                self._search,
            ),
            _Offered(
                "fetch",
                "Read a document",
                "Read a document by the id of a search result: its whole text, or the part around the "
                "passage where it is long. metadata.next is the id of the following part.",
                FetchInput,
                FetchOutput,
                self._fetch,
            ),
            _Offered(
                "ask",
                "Ask the documents",
                "Answer a question from the organisation's documents. Every sentence of the answer was "
                "checked against the quotes that are returned with it; without a supported answer the "
                "documents' own sentences are returned.",
                AskInput,
                AskOutput,
                self._ask,
            ),
            _Offered(
                "list_documents",
                "List the documents",
                "List the documents, by part of their title or file name, folder or tag.",
                ListInput,
                ListOutput,
                self._list,
            ),
            _Offered(
                "open_passage",
                "Open a passage",
                "Read a passage in its surroundings, by the id of a search result or of a source.",
                OpenInput,
                OpenOutput,
                self._open,
            ),
        )

    async def _list_tools(
        self, context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        from mcp_types import ListToolsResult, Tool, ToolAnnotations

        del context, params
        return ListToolsResult(
            tools=[
                Tool(
                    name=tool.name,
                    title=tool.title,
                    description=tool.description,
                    input_schema=tool.input.model_json_schema(),
                    output_schema=tool.output.model_json_schema(mode="serialization"),
                    annotations=ToolAnnotations(
                        read_only_hint=True, idempotent_hint=True, open_world_hint=False
                    ),
                )
                for tool in self._offered.values()
            ]
        )

    async def _call_tool(
        self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        from mcp.shared.exceptions import MCPError
        from mcp_types import INVALID_PARAMS

        tool = self._offered.get(params.name)
        if tool is None:
            names = ", ".join(self._offered)
            raise MCPError(
                INVALID_PARAMS, f"There is no tool {params.name[:80]!r}; there are {names}."
            )
        caller = self._caller_of(context)
        try:
            arguments = tool.input.model_validate(params.arguments or {})
            if self._clicks:
                self._clicks.take(caller.person.key)
            call = _ToolCall(caller, await self._documents(caller), _reporter(context))
            return await tool.run(call, arguments)
        except ValidationError as exc:
            return reply_with_failure(_argument_sentence(tool, exc))
        except InhouseError as exc:
            return reply_with_failure(describe_failure(exc, caller.person))
        except Exception:  # a fault of ours: the client gets a sentence, the log the traceback
            _log.exception("The tool %s failed", tool.name)
            return reply_with_failure(_BROKEN)

    async def _documents(self, caller: Caller) -> DocumentTools:
        return await self._pool.run(caller.person.key, self._bound_tools, caller.person)

    def _bound_tools(self, person: Person) -> DocumentTools:
        profile = self._service.profiles.first.name
        searcher = self._service.assistant_for(person, profile)
        opener = self._service.assistant_for(person)

        def note(uri: str) -> None:
            if self._audit is not None:
                self._audit.opened(person, uri)

        return DocumentTools(searcher, opener, self._addresses, note)

    async def _note_question(self, person: Person) -> None:
        if self._audit is not None:
            await self._pool.run(person.key, self._audit.asked, person)

    async def _search(self, call: _ToolCall, arguments: SearchInput) -> CallToolResult:
        key = call.caller.person.key
        await self._note_question(call.caller.person)
        return reply_with_json(await self._pool.run(key, call.tools.search, arguments.query))

    async def _fetch(self, call: _ToolCall, arguments: FetchInput) -> CallToolResult:
        key = call.caller.person.key
        return reply_with_json(await self._pool.run(key, call.tools.fetch, arguments.id))

    async def _open(self, call: _ToolCall, arguments: OpenInput) -> CallToolResult:
        key = call.caller.person.key
        output = await self._pool.run(key, call.tools.open_passage, arguments.id, arguments.around)
        return reply_with_text(output, texts.passage_text(output), [(output.id, output.title)])

    async def _list(self, call: _ToolCall, arguments: ListInput) -> CallToolResult:
        output = await self._pool.run(call.caller.person.key, call.tools.list_documents, arguments)
        links = [(document.id, document.title) for document in output.documents]
        return reply_with_text(output, texts.list_text(output), links)

    async def _ask(self, call: _ToolCall, arguments: AskInput) -> CallToolResult:
        person = call.caller.person
        with self._slots.of(person) as is_free:
            if not is_free:
                raise TooManyError(
                    "As many answers of yours are being written as you may have at once.",
                    hint="Wait for one of them.",
                )
            await self._note_question(person)
            profile = self._service.profiles.first.name
            assistant = self._service.assistant_for(person, profile)
            await call.report("Searching the documents.")
            events = assistant.astream(arguments.question, ask_model=arguments.use_model)
            events = self._service.metrics.aevents(events)
            answer = await follow_answer(events, call.report, call.caller.is_welcome)
        view = self._service.assistant_for(person).reading()
        rendering = AnswerRendering(view, self._addresses, is_admin=person.may(Role.ADMIN))
        output = await self._pool.run(person.key, rendering.output, answer)
        links = {source.id: source.title for source in output.sources}
        if not output.answer:
            links = {extract.id: extract.title for extract in output.extracts}
        return reply_with_text(output, texts.answer_text(output), list(links.items()))

    async def _list_resources(
        self, context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        from mcp_types import ListResourcesResult, Resource

        caller = self._caller_of(context)
        cursor = (params.cursor if params else None) or "0"
        try:
            if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 16):
                raise UsageError("That cursor is none of this server's.")
            tools = await self._documents(caller)
            request = ListInput(offset=int(cursor), limit=_RESOURCES)
            listed = await self._pool.run(caller.person.key, tools.list_documents, request)
        except InhouseError as exc:
            raise make_protocol_error(exc, caller.person) from exc
        return ListResourcesResult(
            resources=[
                Resource(
                    uri=DocumentReference(document.id).resource_uri,
                    name=document.file,
                    title=document.title,
                    description=f"{document.folder}/{document.file}",
                    mime_type="text/plain",
                )
                for document in listed.documents
            ],
            next_cursor=None if listed.next_offset is None else str(listed.next_offset),
        )

    async def _list_templates(
        self, context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        from mcp_types import ListResourceTemplatesResult, ResourceTemplate

        from ui.mcp.references import RESOURCE_PREFIX

        del context, params
        return ListResourceTemplatesResult(
            resource_templates=[
                ResourceTemplate(
                    uri_template=f"{RESOURCE_PREFIX}{{+id}}",
                    name="document",
                    title="A document or a passage",
                    description="The text behind an id of search, ask or list_documents.",
                    mime_type="text/plain",
                )
            ]
        )

    async def _read_resource(
        self, context: ServerRequestContext[Any, Any], params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        from mcp_types import ReadResourceResult, TextResourceContents

        caller, uri = self._caller_of(context), str(params.uri)
        try:
            tools = await self._documents(caller)
            text, media_type = await self._pool.run(caller.person.key, tools.read_resource, uri)
        except InhouseError as exc:
            raise make_protocol_error(exc, caller.person) from exc
        contents = TextResourceContents(uri=uri, text=text, mime_type=media_type)
        return ReadResourceResult(contents=[contents])


def _reporter(context: ServerRequestContext[Any, Any]) -> Callable[[str], Awaitable[None]]:
    """Reports progress to whoever asked for it: a number that grows, and a message."""
    steps = 0

    async def report(message: str) -> None:
        nonlocal steps
        steps += 1
        await context.session.report_progress(steps, None, message)

    return report


def _argument_sentence(tool: _Offered, exc: ValidationError) -> str:
    problem = describe_first_problem(exc)
    if problem.kind == "missing":
        return f"{tool.name} needs {problem.key}."
    if problem.kind == "unknown":
        known = ", ".join(tool.input.model_fields)
        return f"{tool.name} takes no {problem.key[:80]}; it takes {known}."
    return f"{problem.key} of {tool.name} is not right: {problem.reason}."
