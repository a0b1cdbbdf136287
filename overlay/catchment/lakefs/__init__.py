"""lakeFS: a data lake versioned like git; repositories, branches, commits, objects, imports, transactions.

Blocking; `catchment.lakefs.aio` has the same names to await. Every name is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment.core import lazy

if TYPE_CHECKING:
    from catchment.lakefs import aio as aio
    from catchment.lakefs import branch as branch
    from catchment.lakefs import client as client
    from catchment.lakefs import exceptions as exceptions
    from catchment.lakefs import import_manager as import_manager
    from catchment.lakefs import models as models
    from catchment.lakefs import object as object  # noqa: A004 - a module name of lakeFS's own package
    from catchment.lakefs._sync.branch import Branch as Branch
    from catchment.lakefs._sync.client import Client as Client
    from catchment.lakefs._sync.client import ServerConfiguration as ServerConfiguration
    from catchment.lakefs._sync.client import ServerStorageConfiguration as ServerStorageConfiguration
    from catchment.lakefs._sync.client import explain as explain
    from catchment.lakefs._sync.client import from_aws_role as from_aws_role
    from catchment.lakefs._sync.client import from_web_identity as from_web_identity
    from catchment.lakefs._sync.client import init as init
    from catchment.lakefs._sync.files import BytesReader as BytesReader
    from catchment.lakefs._sync.files import BytesWriter as BytesWriter
    from catchment.lakefs._sync.files import ObjectReader as ObjectReader
    from catchment.lakefs._sync.files import ObjectWriter as ObjectWriter
    from catchment.lakefs._sync.files import TextReader as TextReader
    from catchment.lakefs._sync.files import TextWriter as TextWriter
    from catchment.lakefs._sync.imports import ImportManager as ImportManager
    from catchment.lakefs._sync.imports import ImportResult as ImportResult
    from catchment.lakefs._sync.objects import CommonPrefix as CommonPrefix
    from catchment.lakefs._sync.objects import ObjectInfo as ObjectInfo
    from catchment.lakefs._sync.objects import StoredObject as StoredObject
    from catchment.lakefs._sync.objects import WriteableObject as WriteableObject
    from catchment.lakefs._sync.reference import Commit as Commit
    from catchment.lakefs._sync.reference import Reference as Reference
    from catchment.lakefs._sync.reference import Tag as Tag
    from catchment.lakefs._sync.repository import Repository as Repository
    from catchment.lakefs._sync.repository import repositories as repositories
    from catchment.lakefs._sync.repository import repository as repository
    from catchment.lakefs._sync.transaction import BranchTransaction as BranchTransaction
    from catchment.lakefs.exceptions import LakeFSDeprecationWarning as LakeFSDeprecationWarning
    from catchment.lakefs.models import Change as Change
    from catchment.lakefs.models import ImportStatus as ImportStatus
    from catchment.lakefs.models import MergeBase as MergeBase
    from catchment.lakefs.models import ObjectError as ObjectError
    from catchment.lakefs.models import RepositoryProperties as RepositoryProperties

    DefaultClient: Client | None

_HOME = "catchment.lakefs"
_WHERE = {
    "Branch": f"{_HOME}._sync.branch",
    "BranchTransaction": f"{_HOME}._sync.transaction",
    "BytesReader": f"{_HOME}._sync.files",
    "BytesWriter": f"{_HOME}._sync.files",
    "Change": f"{_HOME}.models",
    "Client": f"{_HOME}._sync.client",
    "Commit": f"{_HOME}._sync.reference",
    "CommonPrefix": f"{_HOME}._sync.objects",
    "ImportManager": f"{_HOME}._sync.imports",
    "ImportResult": f"{_HOME}._sync.imports",
    "ImportStatus": f"{_HOME}.models",
    "LakeFSDeprecationWarning": f"{_HOME}.exceptions",
    "MergeBase": f"{_HOME}.models",
    "ObjectError": f"{_HOME}.models",
    "ObjectInfo": f"{_HOME}._sync.objects",
    "ObjectReader": f"{_HOME}._sync.files",
    "ObjectWriter": f"{_HOME}._sync.files",
    "Reference": f"{_HOME}._sync.reference",
    "Repository": f"{_HOME}._sync.repository",
    "RepositoryProperties": f"{_HOME}.models",
    "ServerConfiguration": f"{_HOME}._sync.client",
    "ServerStorageConfiguration": f"{_HOME}._sync.client",
    "StoredObject": f"{_HOME}._sync.objects",
    "Tag": f"{_HOME}._sync.reference",
    "TextReader": f"{_HOME}._sync.files",
    "TextWriter": f"{_HOME}._sync.files",
    "WriteableObject": f"{_HOME}._sync.objects",
    "aio": f"{_HOME}.aio",
    "branch": f"{_HOME}.branch",
    "client": f"{_HOME}.client",
    "exceptions": f"{_HOME}.exceptions",
    "explain": f"{_HOME}._sync.client",
    "from_aws_role": f"{_HOME}._sync.client",
    "from_web_identity": f"{_HOME}._sync.client",
    "import_manager": f"{_HOME}.import_manager",
    "init": f"{_HOME}._sync.client",
    "models": f"{_HOME}.models",
    "object": f"{_HOME}.object",
    "repositories": f"{_HOME}._sync.repository",
    "repository": f"{_HOME}._sync.repository",
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
    "aio",
    "branch",
    "client",
    "exceptions",
    "explain",
    "from_aws_role",
    "from_web_identity",
    "import_manager",
    "init",
    "models",
    "object",
    "repositories",
    "repository",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy.exports(
        __name__, _WHERE, {"DefaultClient": (f"{_HOME}._sync.client", "current_default")}
    )
