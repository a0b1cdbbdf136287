"""What a server says of itself: version, edition, and what its object stores can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment_api.lakefs import api, models

from catchment.core._async.api import AsyncApiClient
from catchment.core._async.waiting import AsyncLock, demand
from catchment.core.errors import UnsafeInputError

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client


class ServerFacts:
    """
    The configuration of one server and the stores of its repositories, asked for once.

    Each client has its own: two servers never mix, and nothing outlives the client.
    """

    def __init__(self) -> None:
        self._lock = AsyncLock()
        self._config: models.Config | None = None
        self._stores: dict[str, str] = {}

    async def config(self, client: AsyncApiClient) -> models.Config:
        """
        Return the configuration; however many ask at once, one request is sent.

        Wire: getConfig · specs/lakefs.yaml
        """
        if self._config is not None:
            return self._config
        async with self._lock:
            if self._config is None:
                self._config = await api.config.get_config.asyncio(client=client)
            return self._config

    async def store_of(self, client: AsyncApiClient, repository: str) -> models.StorageConfig:
        """
        Return the configuration of a repository's store.

        Which store that is takes a request, once a repository, and only where the server has several.

        Wire: getConfig, getRepository · specs/lakefs.yaml
        """
        config = await self.config(client)
        if len(config.storage_config_list or ()) < 2:
            return only_store(config)
        return store_by_id(config, await self.storage_id(client, repository))

    async def storage_id(self, client: AsyncApiClient, repository: str) -> str:
        """
        Return which store holds a repository, asked for once; empty on a server with one.

        Wire: getRepository · specs/lakefs.yaml
        """
        store = self._stores.get(repository)
        if store is None:
            found = await api.repositories.get_repository.asyncio(repository, client=client)
            store = self._stores[repository] = found.storage_id or ""
        return store

    async def version(self, client: AsyncApiClient) -> str:
        """Return the server's version; empty where it does not tell."""
        said = (await self.config(client)).version_config
        return (said.version if said is not None else None) or ""


def only_store(config: models.Config) -> models.StorageConfig:
    """
    Return the store of a server that has one.

    Raises:
        UnsafeInputError: It has several, or tells of none.
    """
    stores = config.storage_config_list or ()
    if len(stores) == 1 and config.storage_config is None:
        return stores[0]
    if len(stores) < 2 and config.storage_config is not None:
        return config.storage_config
    ids = ", ".join(repr(store.blockstore_id or "") for store in stores)
    raise UnsafeInputError(
        f"the server has several stores ({ids})" if stores else "the server tells nothing of its store",
        hint="name one: storage_config_by_id(id)" if stores else "the configuration is hidden from this user",
    )


def store_by_id(config: models.Config, storage_id: str) -> models.StorageConfig:
    """
    Return the store with this id; an empty id means the only one, or the server's default.

    Raises:
        UnsafeInputError: There is none.
    """
    stores = config.storage_config_list or ()
    for store in stores:
        if (store.blockstore_id or "") == storage_id:
            return store
    alone = config.storage_config
    if alone is not None and storage_id in {"", alone.blockstore_id}:
        return alone
    if not storage_id:
        return only_store(config)
    known = ", ".join(repr(store.blockstore_id or "") for store in stores) or "one store without an id"
    raise UnsafeInputError(f"the server has no store {storage_id!r}; it has {known}")


class ServerStorageConfiguration:
    """
    What one object store of a server is and can.

    Args:
        client: Client to ask; the default one if left out.
        storage_id: Which store, where the server has several.

    Nothing is asked before the first attribute is read, or `load` is called.
    """

    def __init__(self, client: Client | None = None, storage_id: str = "") -> None:
        self._client = client
        self._storage_id = storage_id
        self._known: models.StorageConfig | None = None

    @classmethod
    def of(cls, known: models.StorageConfig) -> ServerStorageConfiguration:
        """Wrap what is known already."""
        made = cls(storage_id=known.blockstore_id or "")
        made._known = known
        return made

    def __repr__(self) -> str:
        kind = "not loaded" if self._known is None else self._known.blockstore_type
        return f"<ServerStorageConfiguration {kind}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ServerStorageConfiguration):
            return NotImplemented
        return self is other or (self._known is not None and self._known == other._known)

    def __hash__(self) -> int:
        return hash((ServerStorageConfiguration, self._storage_id))

    async def load(self) -> ServerStorageConfiguration:
        """
        Ask the server, unless that is done; returns itself.

        Wire: getConfig · specs/lakefs.yaml
        """
        await self._load()
        return self

    async def _load(self) -> models.StorageConfig:
        if self._known is None:
            from catchment.lakefs._async.client import default_client

            client = self._client or default_client()
            self._known = store_by_id(await client.facts.config(client.api), self._storage_id)
        return self._known

    @property
    def _facts(self) -> models.StorageConfig:
        return self._known or demand(self._load, "the storage configuration")

    @property
    def blockstore_id(self) -> str | None:
        """Id of the store; `None` where the server has one store without an id."""
        return self._facts.blockstore_id

    @property
    def blockstore_type(self) -> str:
        """`s3`, `gs`, `azure`, `local`, `mem` or another."""
        return self._facts.blockstore_type

    @property
    def pre_sign_support(self) -> bool:
        """Whether objects can travel past the server, by presigned URLs."""
        return self._facts.pre_sign_support

    @property
    def pre_sign_multipart_upload(self) -> bool:
        """Whether they can do so in parts."""
        return bool(self._facts.pre_sign_multipart_upload)

    @property
    def pre_sign_support_ui(self) -> bool:
        """Whether the server's web interface uses presigned URLs."""
        return self._facts.pre_sign_support_ui

    @property
    def import_support(self) -> bool:
        """Whether objects can be imported without copying."""
        return self._facts.import_support

    @property
    def import_validity_regex(self) -> str:
        """Form of the URIs that can be imported from."""
        return self._facts.import_validity_regex

    @property
    def blockstore_namespace_example(self) -> str:
        """A storage namespace as the server wants it."""
        return self._facts.blockstore_namespace_example

    @property
    def blockstore_namespace_validity_regex(self) -> str:
        """Form of storage namespaces."""
        return self._facts.blockstore_namespace_validity_regex

    @property
    def default_namespace_prefix(self) -> str | None:
        """What storage namespaces begin with by default; `None` where the server has no such default."""
        return self._facts.default_namespace_prefix


class ServerConfiguration:
    """
    What a server says of itself.

    Args:
        client: Client to ask; the default one if left out.
    """

    def __init__(self, client: Client | None = None) -> None:
        self._given = client

    @property
    def _client(self) -> Client:
        from catchment.lakefs._async.client import default_client

        return self._given or default_client()

    @property
    async def version(self) -> str:
        """The server's version, such as `"1.84.0"`; empty where it does not tell."""
        return await self._client.version

    @property
    async def storage_config(self) -> ServerStorageConfiguration:
        """The server's store, or the default one of several."""
        return await self._client.storage_config

    async def storage_config_by_id(self, storage_id: str = "") -> ServerStorageConfiguration:
        """Return one of the server's stores."""
        return await self._client.storage_config_by_id(storage_id)
