"""lakeFS for asyncio: the names of `catchment.lakefs`, with methods and lazy attributes that are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment.core import lazy

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

_HOME = "catchment.lakefs"
_WHERE = {
    "Branch": f"{_HOME}._async.branch",
    "BranchTransaction": f"{_HOME}._async.transaction",
    "BytesReader": f"{_HOME}._async.files",
    "BytesWriter": f"{_HOME}._async.files",
    "Change": f"{_HOME}.models",
    "Client": f"{_HOME}._async.client",
    "Commit": f"{_HOME}._async.reference",
    "CommonPrefix": f"{_HOME}._async.objects",
    "ImportManager": f"{_HOME}._async.imports",
    "ImportResult": f"{_HOME}._async.imports",
    "ImportStatus": f"{_HOME}.models",
    "LakeFSDeprecationWarning": f"{_HOME}.exceptions",
    "MergeBase": f"{_HOME}.models",
    "ObjectError": f"{_HOME}.models",
    "ObjectInfo": f"{_HOME}._async.objects",
    "ObjectReader": f"{_HOME}._async.files",
    "ObjectWriter": f"{_HOME}._async.files",
    "Reference": f"{_HOME}._async.reference",
    "Repository": f"{_HOME}._async.repository",
    "RepositoryProperties": f"{_HOME}.models",
    "ServerConfiguration": f"{_HOME}._async.client",
    "ServerStorageConfiguration": f"{_HOME}._async.client",
    "StoredObject": f"{_HOME}._async.objects",
    "Tag": f"{_HOME}._async.reference",
    "TextReader": f"{_HOME}._async.files",
    "TextWriter": f"{_HOME}._async.files",
    "WriteableObject": f"{_HOME}._async.objects",
    "explain": f"{_HOME}._async.client",
    "from_aws_role": f"{_HOME}._async.client",
    "from_web_identity": f"{_HOME}._async.client",
    "init": f"{_HOME}._async.client",
    "repositories": f"{_HOME}._async.repository",
    "repository": f"{_HOME}._async.repository",
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

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy.exports(
        __name__, _WHERE, {"DefaultClient": (f"{_HOME}._async.client", "current_default")}
    )
