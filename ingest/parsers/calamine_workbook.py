"""Workbooks through calamine, the second reader of .xlsx and .xls: it opens some others.

It knows no number formats and no merged cells: a number is written as it is stored.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import XLSX
from ingest.parsers.archive import FAULTS, check_archive
from ingest.parsers.office.number_format import format_general
from ingest.parsers.office.sheet_cells import SheetCells
from ingest.parsers.sheet import write_sheet
from ingest.text_builder import TextBuilder
from ingest.unread import Unread


def parse_workbook(data: bytes) -> LoadedDocument:
    import python_calamine as calamine

    if zipfile.is_zipfile(io.BytesIO(data)):
        check_archive(data)
    builder = TextBuilder()
    unread: Counter[Unread] = Counter()
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for entry in workbook.sheets_metadata:
            if entry.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            if entry.visible != calamine.SheetVisibleEnum.Visible:
                unread[Unread.HIDDEN_SHEET] += 1
                continue
            sheet = workbook.get_sheet_by_name(entry.name)
            column = sheet.start[1] if sheet.start else 0  # its rows begin there
            content = SheetCells(entry.name)
            for number, row in enumerate(sheet.iter_rows(), 1):
                if cells := _cells(row, column):
                    content.cells[number] = cells
            write_sheet(builder, content.rows(unread), entry.name)
    except calamine.PasswordError as exc:
        raise EncryptedFileError from exc
    except calamine.CalamineError as exc:
        raise DamagedFileError from exc
    except FAULTS as exc:
        raise DamagedFileError from exc
    # A panic of its Rust code is a BaseException, of a class that cannot be imported.
    except BaseException as exc:
        if type(exc).__name__ != "PanicException":
            raise
        raise DamagedFileError from exc
    return builder.document(XLSX, unread=unread)


def _cells(row: Sequence[Any], column: int) -> dict[int, str]:
    texts = ((number, _shown(value)) for number, value in enumerate(row, column + 1))
    return {number: text for number, text in texts if text}


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return format_general(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, (dt.date, dt.datetime, dt.time)):
        return value.isoformat()
    return str(value).strip()
