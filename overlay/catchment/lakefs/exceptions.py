"""lakeFS's errors, under the names its users know; each is also one of `catchment.core.errors`.

LakeFSException
├ NoAuthenticationFound · UnsupportedCredentialsProviderType · InvalidEnvVarFormat
├ ServerException: BadRequestException NotAuthorizedException ForbiddenException
│   NotFoundException (ObjectNotFoundException) GoneException ConflictException (MergeConflictException)
│   PreconditionFailedException (HookFailedException ObjectExistsException) InvalidRangeException
│   UnsupportedOperationException TooManyRequestsException ServerFailureException
│   PermissionException (ObjectUnauthenticatedException ObjectForbiddenException)
├ ImportManagerException
└ TransactionException
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, cast

from catchment.core.errors import (
    CatchmentError,
    ConfigError,
    ConflictError,
    CredentialsNotFoundError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PreconditionError,
    RangeNotSatisfiableError,
    RateLimitedError,
    ServerError,
    StatusError,
    UnauthenticatedError,
)
from catchment.core.failures import MessageDialect, Told
from catchment.core.wire import Operation, RawResponse, load_json_exactly


class LakeFSDeprecationWarning(DeprecationWarning):
    """A name or argument that lakeFS's own package has marked for removal."""


class LakeFSException(CatchmentError):
    """Something asked of lakeFS did not happen."""


class NoAuthenticationFound(LakeFSException, CredentialsNotFoundError):
    """No source of the chain had credentials; the message lists every source."""


class UnsupportedCredentialsProviderType(LakeFSException, ConfigError):
    """The configuration names a credentials provider other than `aws_iam`."""


class InvalidEnvVarFormat(LakeFSException, ConfigError):
    """An environment variable holds something that is not of its form."""


class ServerException(LakeFSException, StatusError):
    """The server answered, and the answer was no."""

    @property
    def status_code(self) -> int:
        """HTTP status; 0 where the error was made without an answer."""
        return self.status or 0

    @property
    def reason(self) -> str:
        """The status's standard phrase."""
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def body(self) -> dict[str, Any]:
        """The error body as sent; empty where it was no JSON object."""
        try:
            value = load_json_exactly(self.body_bytes)
        except ValueError:
            return {}
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}

    @property
    def headers(self) -> dict[str, str]:
        """The response headers, names in lower case."""
        return self.header_map


class BadRequestException(ServerException, InvalidRequestError):
    """The server found the request malformed or not possible now: bad ref, dirty branch, no changes (400)."""


class NotAuthorizedException(ServerException, UnauthenticatedError):
    """Bad credentials, or credentials without the permission (401: lakeFS uses it for both)."""


class ForbiddenException(ServerException, ForbiddenError):
    """Protected branch, read-only repository, or another thing this server refuses to anybody (403)."""


class NotFoundException(ServerException, NotFoundError):
    """No such repository, ref, path or import (404)."""


class GoneException(ServerException, NotFoundError):
    """The data was garbage-collected, or the repository is being deleted (410)."""


class ConflictException(ServerException, ConflictError):
    """The thing exists already, or the change clashes with another (409)."""


class MergeConflictException(ConflictException):
    """Both sides changed the same paths since their merge base."""


class PreconditionFailedException(ServerException, PreconditionError):
    """A condition of the request did not hold (412)."""


class HookFailedException(PreconditionFailedException):
    """A hook of the repository refused the commit, merge or branch."""

    @property
    def run_id(self) -> str | None:
        """Id of the hook run, for `actions` calls."""
        match = re.search(r"run id '([^']+)'", self.message)
        return match[1] if match else None


class InvalidRangeException(ServerException, RangeNotSatisfiableError, OSError):
    """The byte range lies outside the object (416); `.size` is its size where the server told."""


class UnsupportedOperationException(ServerException):
    """The server does not allow this here (405)."""


class TooManyRequestsException(ServerException, RateLimitedError):
    """Too many changes of one branch at once, or a rate limit (429)."""


class ServerFailureException(ServerException, ServerError):
    """The server failed (5xx); 501 means that this edition lacks the operation."""


class ObjectNotFoundException(NotFoundException, FileNotFoundError):
    """No object at this path of this reference."""


class ObjectExistsException(PreconditionFailedException, FileExistsError):
    """The path exists, and the write was to create it."""


class PermissionException(ServerException, PermissionError):
    """The server refuses to read or write this object."""


class ObjectUnauthenticatedException(PermissionException, NotAuthorizedException):
    """The credentials do not allow reading or writing this object (401)."""


class ObjectForbiddenException(PermissionException, ForbiddenException):
    """The branch or repository does not take this write, or the reader may not see the object (403)."""


class ImportManagerException(LakeFSException):
    """An import failed, was used out of order, or its server process is gone."""


class TransactionException(LakeFSException):
    """A transaction did not reach its branch.

    Attributes:
        branch: Id of the ephemeral branch that still holds the work; `None` where none is left.
        source: Id of the branch that the transaction was for; it is unchanged unless the message says otherwise.
    """

    branch: str | None = None
    source: str | None = None


_OBJECT_READS = ("getObject", "headObject", "statObject", "getUnderlyingProperties", "copyObject")
_OBJECT_WRITES = (
    "uploadObject",
    "deleteObject",
    "getPhysicalAddress",
    "linkPhysicalAddress",
    "createPresignMultipartUpload",
    "completePresignMultipartUpload",
    "updateObjectUserMetadata",
)
_CREATES = ("uploadObject", "linkPhysicalAddress")


class LakeFSDialect(MessageDialect):
    """Reads lakeFS's error bodies; the exceptions to `{"message"}` are listed where they are handled."""

    def read(self, response: RawResponse) -> Told | None:
        """Take the message; a merge conflict has none (`{"reference": ""}`)."""
        told = super().read(response)
        if told is None and response.status == 409 and b'"reference"' in response.body:
            return Told("both sides changed the same paths since their merge base")
        return told

    def leaf(self, operation: Operation, status: int, told: Told) -> type[StatusError]:
        """As the base class says; a hook's refusal is known by its message alone."""
        if status == 412 and "hook aborted" in told.message:
            return HookFailedException
        return super().leaf(operation, status, told)


DIALECT = LakeFSDialect(
    by_status={
        400: BadRequestException,
        401: NotAuthorizedException,
        403: ForbiddenException,
        404: NotFoundException,
        405: UnsupportedOperationException,
        409: ConflictException,
        410: GoneException,
        412: PreconditionFailedException,
        416: InvalidRangeException,
        420: TooManyRequestsException,
        422: BadRequestException,
        429: TooManyRequestsException,
    },
    by_operation={
        ("mergeIntoBranch", 409): MergeConflictException,
        **{(operation, 404): ObjectNotFoundException for operation in _OBJECT_READS},
        **{(operation, 401): ObjectUnauthenticatedException for operation in (*_OBJECT_READS, *_OBJECT_WRITES)},
        **{(operation, 403): ObjectForbiddenException for operation in (*_OBJECT_READS, *_OBJECT_WRITES)},
        **{(operation, 412): ObjectExistsException for operation in _CREATES},
    },
    checks={
        "commit": "look at the branch's log",
        "mergeIntoBranch": "look at the destination's log",
        "revertBranch": "look at the branch's log",
        "cherryPick": "look at the branch's log",
        "importStart": "look at the branch's log for the import's commit",
        "createBranch": "look whether the branch exists, and where it stands",
        "createTag": "look whether the tag exists, and what it names",
        "createRepository": "look whether the repository exists",
        "createCredentials": "list the user's credentials",
        "completePresignMultipartUpload": "look whether the object is there",
    },
    server_failure=ServerFailureException,
    other=BadRequestException,
)
