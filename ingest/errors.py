"""Everything that can go wrong in `ingest`, in one tree.

    InhouseError (rag.errors)
    └── IngestError
        ├── EngineError               the cluster of `ingest.engine` cannot be used; nothing was changed
        ├── MassDeletionError         far more files are gone than usual; nothing was deleted
        ├── MissingRulesError         access rules or tags of the index are missing; nothing was changed
        ├── RunStoppedError           a run was stopped before it knew what to do; nothing was changed
        ├── RuleFileError             a folder's file of rules cannot be obeyed
        ├── SourceError               a source cannot be listed or read; nothing of it was changed
        ├── WatchError                the operating system cannot tell of changes
        └── UnreadableFileError       one file cannot be indexed; the run goes on with the others
            ├── EncryptedFileError    needs a password
            ├── DamagedFileError      is truncated, or its parts make no sense
            ├── MislabelledFileError  its content is not what its name says
            ├── UnsupportedFileError  its format is not read
            │   └── OcrMissingError   it is a picture, and tesseract is not there
            ├── OcrError              tesseract could not read the picture
            ├── FileTooLargeError     is, or unpacks to, more than the limit
            ├── FileAccessError       could not be opened or read just now (transient)
            ├── FileChangedError      is not what it was when it was read in (transient)
            ├── ParserTimeoutError    the parser took longer than the limit
            ├── ParserMemoryError     the parser needed more memory than the limit
            └── ParserCrashError      the parser's process died

`reason` goes on from the file's name in a sentence: "report.pdf" + "is encrypted". `permanent` says whether
the same bytes would fail again: such a file is left alone until it, or the program, changes.
"""

from __future__ import annotations

from typing import ClassVar

from rag.errors import ConfigurationError, InhouseError


class IngestError(InhouseError):
    """Base of every error raised on purpose by `ingest`."""


class EngineError(IngestError):
    pass


class MassDeletionError(IngestError):
    pass


class MissingRulesError(IngestError):
    exit_code = ConfigurationError.exit_code


class RunStoppedError(IngestError):
    def __init__(
        self,
        message: str = "The run was stopped while it waited for a folder; nothing was changed.",
        *,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)


class RuleFileError(IngestError):
    """`reason` goes on from the folder's name in a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The folder {reason}.")
        self.reason = reason


class SourceError(IngestError):
    """`reason` goes on from the source's name in a sentence: "does not accept the credentials"."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(f"The source {reason}.", hint=hint)
        self.reason = reason


class WatchError(IngestError):
    pass


class UnreadableFileError(IngestError):
    """A file that cannot be indexed; `reason` completes a sentence that begins with its name."""

    code: ClassVar[str] = "unreadable"
    permanent: ClassVar[bool] = True

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(f"The file {reason}.", hint=hint)
        self.reason = reason


class EncryptedFileError(UnreadableFileError):
    code = "encrypted"

    def __init__(self, reason: str = "is encrypted", *, hint: str = "") -> None:
        super().__init__(reason, hint=hint or "Save a copy without a password.")


class DamagedFileError(UnreadableFileError):
    code = "damaged"

    def __init__(self, reason: str = "is truncated or damaged", *, hint: str = "") -> None:
        super().__init__(reason, hint=hint)


class MislabelledFileError(UnreadableFileError):
    code = "mislabelled"


class UnsupportedFileError(UnreadableFileError):
    code = "unsupported"


class OcrMissingError(UnsupportedFileError):
    code = "ocr"


class OcrError(UnreadableFileError):
    code = "recognition"


class FileTooLargeError(UnreadableFileError):
    code = "too_large"


class FileAccessError(UnreadableFileError):
    code = "access"
    permanent = False


class FileChangedError(UnreadableFileError):
    code = "changed"
    permanent = False

    def __init__(self, reason: str = "has changed since it was read in", *, hint: str = "") -> None:
        super().__init__(reason, hint=hint or "It is read again at the next ingest.")


class ParserTimeoutError(UnreadableFileError):
    code = "timeout"


class ParserMemoryError(UnreadableFileError):
    code = "memory"


class ParserCrashError(UnreadableFileError):
    code = "crash"


_BY_CODE: dict[str, type[UnreadableFileError]] = {
    error.code: error
    for error in (
        UnreadableFileError,
        EncryptedFileError,
        DamagedFileError,
        MislabelledFileError,
        UnsupportedFileError,
        OcrMissingError,
        OcrError,
        FileTooLargeError,
        FileAccessError,
        FileChangedError,
        ParserTimeoutError,
        ParserMemoryError,
        ParserCrashError,
    )
}


def make_unreadable_file_error(code: str, reason: str, hint: str = "") -> UnreadableFileError:
    """The error that a parser process reported by its `code`."""
    return _BY_CODE.get(code, UnreadableFileError)(reason, hint=hint)
