"""XML to a tree: no DTD, no entities, no network, within limits."""

from __future__ import annotations

import re
from typing import Any

from ingest.errors import DamagedFileError, UnreadableFileError

_NOT_A_FILE = re.compile(r" \(<string>, line \d+\)")
_LIMITS = ("ERR_ENTITY_LOOP", "ERR_RESOURCE_LIMIT")


def parse_tree(data: bytes | str) -> Any:
    """The root element; raises DamagedFileError, or UnreadableFileError for a tree beyond all measure."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        # Not the error's own log, which holds earlier files' errors as well.
        if any(entry.type_name in _LIMITS for entry in parser.error_log):
            raise UnreadableFileError("is nested too deeply, or its XML is a bomb") from exc
        fault = _NOT_A_FILE.sub("", str(exc))
        raise DamagedFileError(f"is not sound XML: {fault}"[:200]) from exc
