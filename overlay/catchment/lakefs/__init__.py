"""lakeFS: a data lake versioned like git; repositories, branches, commits, objects, imports, transactions.

Blocking; `catchment.lakefs.aio` has the same names to await. Every name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_MODULES = frozenset({"aio", "branch", "client", "exceptions", "import_manager", "models", "object"})

_WHERE = {
    "Branch": "_sync.branch",
    "BranchTransaction": "_sync.transaction",
    "BytesReader": "_sync.files",
    "BytesWriter": "_sync.files",
    "Change": "models",
    "Client": "_sync.client",
    "Commit": "_sync.reference",
    "CommonPrefix": "_sync.objects",
    "ImportManager": "_sync.imports",
    "ImportResult": "_sync.imports",
    "ImportStatus": "models",
    "LakeFSDeprecationWarning": "exceptions",
    "MergeBase": "models",
    "ObjectError": "models",
    "ObjectInfo": "_sync.objects",
    "ObjectReader": "_sync.files",
    "ObjectWriter": "_sync.files",
    "Reference": "_sync.reference",
    "Repository": "_sync.repository",
    "RepositoryProperties": "models",
    "ServerConfiguration": "_sync.client",
    "ServerStorageConfiguration": "_sync.client",
    "StoredObject": "_sync.objects",
    "Tag": "_sync.reference",
    "TextReader": "_sync.files",
    "TextWriter": "_sync.files",
    "WriteableObject": "_sync.objects",
    "explain": "_sync.client",
    "from_aws_role": "_sync.client",
    "from_web_identity": "_sync.client",
    "init": "_sync.client",
    "repositories": "_sync.repository",
    "repository": "_sync.repository",
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


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"catchment.lakefs.{name}")
    if name == "DefaultClient":
        return import_module("catchment.lakefs._sync.client").current_default()
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"catchment.lakefs.{where}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
