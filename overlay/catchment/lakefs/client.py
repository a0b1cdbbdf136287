"""Clients, under the module name of lakeFS's own package."""

from catchment.lakefs._sync.client import Client as Client
from catchment.lakefs._sync.client import ServerConfiguration as ServerConfiguration
from catchment.lakefs._sync.client import ServerStorageConfiguration as ServerStorageConfiguration
from catchment.lakefs._sync.client import from_aws_role as from_aws_role
from catchment.lakefs._sync.client import from_web_identity as from_web_identity

__all__ = ["Client", "ServerConfiguration", "ServerStorageConfiguration", "from_aws_role", "from_web_identity"]
