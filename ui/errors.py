"""What the front ends refuse, in one tree.

    InhouseError (rag.errors)
    └── FrontEndError
        ├── NotThereError       what was asked for is not there, or not for this person
        ├── NotAllowedError     this person may not do that
        ├── TooManyError        too often, or too much at once; `retry_after_s` says when to come back
        ├── InvalidRequestError a program's request that cannot be answered; `param` is the field
        ├── NotReadyError       the index cannot be opened; why is for whoever runs the page
        └── RefusedFileError    a file that is not taken: too large, of a wrong kind, of an impossible name
            └── FileThereError  one of that name is there, and nobody said that it should be replaced

`status` is what a page answers over HTTP.
"""

from __future__ import annotations

from rag.errors import InhouseError


class FrontEndError(InhouseError):
    """Base of what the front ends refuse."""

    status = 400


class NotThereError(FrontEndError):
    status = 404


class NotAllowedError(FrontEndError):
    status = 403


class TooManyError(FrontEndError):
    """`retry_after_s`: seconds after which it may work again."""

    status = 429

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float = 60.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class InvalidRequestError(FrontEndError):
    """`param` names the field of the request; `code` and `status` are for the program that sent it."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        param: str | None = None,
        code: str | None = None,
        status: int = 400,
    ) -> None:
        super().__init__(message, hint=hint)
        self.param, self.code, self.status = param, code, status


class NotReadyError(FrontEndError):
    status = 503


class RefusedFileError(FrontEndError):
    status = 422


class FileThereError(RefusedFileError):
    status = 409
