"""lakeFS for asyncio: the names of `catchment.lakefs`, with methods and lazy attributes that are awaited."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catchment.lakefs._async.branch import Branch as Branch
    from catchment.lakefs._async.client import Client as Client
    from catchment.lakefs._async.client import ServerConfiguration as ServerConfiguration
    from catchment.lakefs._async.client import ServerStorageConfiguration as ServerStorageConfiguration
    from catchment.lakefs._async.client import explain as explain
    from catchment.lakefs._async.client import from_aws_role as from_aws_role
    from catchment.lakefs._async.client import from_web_identity as from_web_identity
    from catchment.lakefs._async.client import init as init
    from catchment.lakefs._async.files import BytesReader as BytesReader
    from catchment.lakefs._async.files import BytesWriter as BytesWriter
    from catchment.lakefs._async.files import ObjectReader as ObjectReader
    from catchment.lakefs._async.files import ObjectWriter as ObjectWriter
    from catchment.lakefs._async.files import TextReader as TextReader
    from catchment.lakefs._async.files import TextWriter as TextWriter
    from catchment.lakefs._async.imports import ImportManager as ImportManager
    from catchment.lakefs._async.imports import ImportResult as ImportResult
    from catchment.lakefs._async.objects import CommonPrefix as CommonPrefix
    from catchment.lakefs._async.objects import ObjectInfo as ObjectInfo
    from catchment.lakefs._async.objects import StoredObject as StoredObject
    from catchment.lakefs._async.objects import WriteableObject as WriteableObject
    from catchment.lakefs._async.reference import Commit as Commit
    from catchment.lakefs._async.reference import Reference as Reference
    from catchment.lakefs._async.reference import Tag as Tag
    from catchment.lakefs._async.repository import Repository as Repository
    from catchment.lakefs._async.repository import repositories as repositories
    from catchment.lakefs._async.repository import repository as repository
    from catchment.lakefs._async.transaction import BranchTransaction as BranchTransaction
    from catchment.lakefs.exceptions import LakeFSDeprecationWarning as LakeFSDeprecationWarning
    from catchment.lakefs.models import Change as Change
    from catchment.lakefs.models import ImportStatus as ImportStatus
    from catchment.lakefs.models import MergeBase as MergeBase
    from catchment.lakefs.models import ObjectError as ObjectError
    from catchment.lakefs.models import RepositoryProperties as RepositoryProperties

    DefaultClient: Client | None

_WHERE = {
    "Branch": "_async.branch",
    "BranchTransaction": "_async.transaction",
    "BytesReader": "_async.files",
    "BytesWriter": "_async.files",
    "Change": "models",
    "Client": "_async.client",
    "Commit": "_async.reference",
    "CommonPrefix": "_async.objects",
    "ImportManager": "_async.imports",
    "ImportResult": "_async.imports",
    "ImportStatus": "models",
    "LakeFSDeprecationWarning": "exceptions",
    "MergeBase": "models",
    "ObjectError": "models",
    "ObjectInfo": "_async.objects",
    "ObjectReader": "_async.files",
    "ObjectWriter": "_async.files",
    "Reference": "_async.reference",
    "Repository": "_async.repository",
    "RepositoryProperties": "models",
    "ServerConfiguration": "_async.client",
    "ServerStorageConfiguration": "_async.client",
    "StoredObject": "_async.objects",
    "Tag": "_async.reference",
    "TextReader": "_async.files",
    "TextWriter": "_async.files",
    "WriteableObject": "_async.objects",
    "explain": "_async.client",
    "from_aws_role": "_async.client",
    "from_web_identity": "_async.client",
    "init": "_async.client",
    "repositories": "_async.repository",
    "repository": "_async.repository",
}

__all__ = [
    "Branch",
    "BranchTransaction",
    "BytesReader",
    "BytesWriter",
    "Change",
    "Client",
    "Commit",
    "CommonPrefix",
    "DefaultClient",
    "ImportManager",
    "ImportResult",
    "ImportStatus",
    "LakeFSDeprecationWarning",
    "MergeBase",
    "ObjectError",
    "ObjectInfo",
    "ObjectReader",
    "ObjectWriter",
    "Reference",
    "Repository",
    "RepositoryProperties",
    "ServerConfiguration",
    "ServerStorageConfiguration",
    "StoredObject",
    "Tag",
    "TextReader",
    "TextWriter",
    "WriteableObject",
    "explain",
    "from_aws_role",
    "from_web_identity",
    "init",
    "repositories",
    "repository",
]


def __getattr__(name: str) -> Any:
    if name == "DefaultClient":
        return import_module("catchment.lakefs._async.client").current_default()
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"catchment.lakefs.{where}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
