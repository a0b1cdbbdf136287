"""Names, references and paths of lakeFS: checked here, before anything is sent."""

from __future__ import annotations

import re

from catchment.core.errors import UnsafeInputError

_REPOSITORY = re.compile(r"[a-z0-9][a-z0-9-]{2,62}")
_BRANCH = re.compile(r"\w[-\w]*", re.ASCII)
_NAMESPACE = re.compile(r"(s3|gs|https?|mem|local|transient|azure|abfss?|adl|wasbs?)://\S*")
_TAG_FORBIDDEN = re.compile(r"[\x00-\x20\x7f^:?*\[\\/]|\.\.|@\{")
_MORE_THAN_GO_ESCAPES = re.compile(r"[$&+,:;=@]")  # net/url leaves these as they are in a path


def check_repository(name: str) -> str:
    """Return the repository id: 3 to 63 lower-case letters, digits and hyphens, not starting with a hyphen."""
    if not _REPOSITORY.fullmatch(_text(name, "a repository id")):
        raise UnsafeInputError(
            f"{name!r} is no repository id: 3 to 63 of a-z, 0-9 and '-', starting with a letter or digit"
        )
    return name


def check_branch(name: str) -> str:
    """Return the branch id: letters, digits, `_` and `-`, not starting with `-`."""
    if not _BRANCH.fullmatch(_text(name, "a branch id")):
        raise UnsafeInputError(f"{name!r} is no branch id: letters, digits, '_' and '-', not starting with '-'")
    return name


def check_tag(name: str) -> str:
    """Return the tag id, which follows git's rules for ref names but has no slash."""
    _text(name, "a tag id")
    if not name or name == "@" or _TAG_FORBIDDEN.search(name) or name.endswith((".", ".lock")):
        raise UnsafeInputError(
            f"{name!r} is no tag id: no blanks, control characters, '..', '@{{' or any of / ^ : ? * [ \\, "
            "not '@', and not ending in '.' or '.lock'"
        )
    return name


def check_ref(ref: str) -> str:
    """Return the reference expression: a branch, tag, commit id or prefix, with `~n`, `^n`, `@` or `$` behind it."""
    if not _text(ref, "a reference") or re.search(r"[\x00-\x20\x7f]", ref):
        raise UnsafeInputError(f"{ref!r} is no reference: a branch, tag or commit id without blanks")
    return ref


def check_path(path: str) -> str:
    """Return the object path: any text but the empty one, at most 1024 bytes where stores limit keys.

    A lakeFS path is not a file system's: `a//b`, a leading slash and `..` are kept as they are.
    """
    _text(path, "an object path")
    if not path:
        raise UnsafeInputError("an object path must not be empty")
    if "\x00" in path:
        raise UnsafeInputError(f"{path!r} holds a NUL character, which no object store keeps")
    try:
        path.encode()
    except UnicodeEncodeError as exc:
        raise UnsafeInputError(f"{path!r} cannot be written as UTF-8: {exc.reason}") from None
    return path


def check_namespace(uri: str) -> str:
    """Return the storage namespace, a URI of the server's object store such as `s3://bucket/prefix`."""
    if not _NAMESPACE.fullmatch(_text(uri, "a storage namespace")):
        raise UnsafeInputError(f"{uri!r} is no storage namespace; give a URI such as 's3://bucket/prefix'")
    return uri


def check_source_uri(uri: str) -> str:
    """Return the URI of data to import, which names a scheme and a bucket."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://\S.*", _text(uri, "an object store URI"), re.DOTALL):
        raise UnsafeInputError(f"{uri!r} is no object store URI; give one such as 's3://bucket/path/'")
    return uri


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise UnsafeInputError(f"{what} must be text, not {type(value).__name__}")
    return value


def in_path(name: str) -> str:
    """
    Prepare a tag or reference for its place in the URL path, where it is escaped as every path segment is.

    lakeFS's router works on the decoded path, whose parameters it decodes a second time, unless the path as sent is
    escaped more than Go itself would; then it works on that and decodes once. So a percent sign is escaped twice where
    nothing else makes the difference.
    """
    if "%" in name and not _MORE_THAN_GO_ESCAPES.search(name):
        return name.replace("%", "%25")
    return name
