"""What a call comes back as: a result in the protocol's shape, or an error as far as the caller may know."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from rag.errors import InhouseError, UsageError
from ui.errors import FrontEndError, NotThereError
from ui.mcp.references import parse_reference
from ui.web.identity import Person, Role

if TYPE_CHECKING:
    from mcp_types import CallToolResult, ResourceLink

_log = logging.getLogger(__name__)
_UNAVAILABLE = "The documents cannot be read just now."


def reply_with_json(output: BaseModel) -> CallToolResult:
    """One text that is the JSON of the result: what ChatGPT expects of search and fetch."""
    from mcp_types import CallToolResult, TextContent

    value = output.model_dump(mode="json")
    text = json.dumps(value, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=value)


def reply_with_text(output: BaseModel, text: str, ids: Sequence[tuple[str, str]]) -> CallToolResult:
    """The result for readers, and links to the resources with these ids and titles."""
    from mcp_types import CallToolResult, ResourceLink, TextContent

    links: list[ResourceLink] = []
    for id_, title in ids:
        if reference := parse_reference(id_):
            links.append(
                ResourceLink(uri=reference.resource_uri, name=title, mime_type="text/plain")
            )
    return CallToolResult(
        content=[TextContent(type="text", text=text), *links],
        structured_content=output.model_dump(mode="json"),
    )


def reply_with_failure(sentence: str) -> CallToolResult:
    """A call that failed, with the reason in one sentence."""
    from mcp_types import CallToolResult, TextContent

    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def describe_failure(exc: InhouseError, person: Person) -> str:
    """What went wrong, as far as this person may know: some errors name places on the server."""
    if isinstance(exc, UsageError | FrontEndError) or person.may(Role.ADMIN):
        return str(exc)
    _log.error("The documents cannot be read: %s", exc)
    return _UNAVAILABLE


def make_protocol_error(exc: InhouseError, person: Person) -> Exception:
    """The same as an error of the protocol, for requests that have no result to put it in."""
    from mcp.shared.exceptions import MCPError
    from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

    is_theirs = isinstance(exc, UsageError | NotThereError)
    return MCPError(INVALID_PARAMS if is_theirs else INTERNAL_ERROR, describe_failure(exc, person))
