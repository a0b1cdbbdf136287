"""The lakeFS client: finds out where the server is and who asks, at the first call, and hands out the API."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self, Unpack

from catchment.core._async.api import AsyncApiClient
from catchment.core._async.lifecycle import AsyncLifecycle
from catchment.core.config import Retry, TimeoutTypes
from catchment.core.credentials import Explanation
from catchment.core.engines import TransportSettings
from catchment.core.errors import ClosedError, ConfigError, UnsafeInputError
from catchment.core.given import LocalStack
from catchment.core.secret import Secret
from catchment.lakefs._async.connection import Connection
from catchment.lakefs._async.server import ServerConfiguration, ServerFacts, ServerStorageConfiguration, store_by_id
from catchment.lakefs.aws import BotoSession
from catchment.lakefs.chain import Lookup
from catchment.lakefs.credential import AwsRole, Credential, WebIdentity, kind_of
from catchment.lakefs.machine import Machine
from catchment.lakefs.settings import ClientConfig, ClientOptions, Given, concealed

__all__ = [
    "Client",
    "ClientConfig",
    "ServerConfiguration",
    "ServerStorageConfiguration",
    "current_default",
    "default_client",
    "explain",
    "from_aws_role",
    "from_web_identity",
    "init",
]


class Client(AsyncLifecycle):
    """
    Talk to one lakeFS server as one user.

    Making a client reads nothing and sends nothing. Address and credentials are looked for at the first call:
    arguments, profile, environment, lakectl's file, AWS role; `explain()` says where was looked. Safe to share between
    threads.

    Args:
        username: Access key id; with `password`. `access_key_id` and `secret_access_key` are the same two.
        password: Secret access key.
        host: Address of the server, such as `https://lakefs.example.com`; `endpoint` is the same. `/api/v1` is added
            where there is no path.
        access_token: A lakeFS token (JWT) in place of a key pair; `jwt_token` is the same.
        api_key: Session of a browser login, in place of a key pair.
        api_key_prefix: Accepted where it changes nothing; cookies have no prefix.
        ssl_ca_cert: File of certificates to trust in place of the system's.
        verify_ssl: Whether the server's certificate is checked.
        proxy: URL of a proxy; by default the environment's.
        access_key_id: See `username`.
        secret_access_key: See `password`.
        jwt_token: See `access_token`.
        endpoint: See `host`.
        profile: Section of catchment's configuration file; by default `CATCHMENT_PROFILE`.
        timeout: Seconds a call may take; or `(connect, read)`, an `httpx.Timeout`, `Timeouts`.
        retries: Repetitions of a failed call at most; 0 sends one request. Or a `Retry`.
        transport: Settings of connections; arguments that say the same win over it.
        allow_http: Send credentials over plain http to other machines. `CATCHMENT_ALLOW_HTTP` does so by host name.
        local: A `catchment.local.Stack` that serves in process, in place of a server.
        pickle_secrets: Write secrets given as arguments into pickles, in clear; otherwise such a client refuses.

    Raises:
        ConfigError: Arguments contradict one another or cannot be meant.
    """

    def __init__(
        self,
        *,
        username: str | None = None,
        password: str | Secret | None = None,
        host: str | None = None,
        access_token: str | Secret | None = None,
        api_key: str | Secret | Mapping[str, str | Secret] | None = None,
        api_key_prefix: str | Mapping[str, str] | None = None,
        ssl_ca_cert: str | Path | None = None,
        verify_ssl: bool = True,
        proxy: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | Secret | None = None,
        jwt_token: str | Secret | None = None,
        endpoint: str | None = None,
        profile: str | None = None,
        timeout: TimeoutTypes = None,
        retries: int | Retry | None = None,
        transport: TransportSettings | None = None,
        allow_http: bool = False,
        local: LocalStack | None = None,
        pickle_secrets: bool = False,
    ) -> None:
        options: ClientOptions = {
            "username": username,
            "password": password,
            "host": host,
            "access_token": access_token,
            "api_key": api_key,
            "api_key_prefix": api_key_prefix,
            "ssl_ca_cert": ssl_ca_cert,
            "verify_ssl": verify_ssl,
            "proxy": proxy,
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
            "jwt_token": jwt_token,
            "endpoint": endpoint,
            "profile": profile,
            "timeout": timeout,
            "retries": retries,
            "transport": transport,
            "allow_http": allow_http,
            "local": local,
            "pickle_secrets": pickle_secrets,
        }
        options = concealed(options)
        del password, secret_access_key, access_token, jwt_token, api_key
        given = Given.of(options)
        self._start(given, Connection(given))

    @classmethod
    def of(cls, given: Given, connection: Connection | None = None) -> Self:
        """
        Make a client of arguments that are checked already.

        Args:
            given: The arguments.
            connection: Of another client, to be shared.
        """
        made = cls.__new__(cls)
        made._start(given, connection or Connection(given))  # noqa: SLF001 - it is this class's own
        return made

    def _start(self, given: Given, connection: Connection) -> None:
        self._given = given
        self._connection = connection
        self._api: AsyncApiClient | None = None
        self._closed = False

    def __repr__(self) -> str:
        found = self._connection.found
        return f"<Client {'not connected' if found is None else found[0].url}>"

    # -- requests ------------------------------------------------------------------------------------------------------

    @property
    def api(self) -> AsyncApiClient:
        """
        What sends requests of generated code: `list_branches.asyncio(..., client=client.api)`.

        Raises:
            ConfigError: No address, or settings that cannot be used; nothing was sent.
            NoAuthenticationFound: No source has credentials.
            ClosedError: The client is closed.
        """
        self._refuse_closed()
        if self._api is None:
            # Two threads may both get here; the original is made once, and copies hold nothing of their own.
            self._api = self._copy_api() if self._is_copy else self._connection.api
        return self._api

    @property
    def sdk_client(self) -> AsyncApiClient:
        """The same as `api`, by the name that it has in lakeFS's own package."""
        return self.api

    @property
    def facts(self) -> ServerFacts:
        """What is known of the server, for this client and its copies."""
        return self._connection.facts

    @property
    def _is_copy(self) -> bool:
        return self._connection.given is not self._given

    def _copy_api(self) -> AsyncApiClient:
        given = self._given
        return self._connection.api.with_settings(retry=given.retry, timeouts=given.timeouts, transport=given.transport)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise ClosedError("this lakeFS client is closed", service="lakefs", hint="make a new client")
        self._connection.refuse_closed()

    # -- settings ------------------------------------------------------------------------------------------------------

    @property
    def config(self) -> ClientConfig:
        """What is used, and where it came from; looks for it where that has not happened yet, and sends nothing."""
        return ClientConfig.of(self._given, *self._connection.resolve())

    def explain(self) -> Explanation:
        """Say how every source of credentials answers now, and which wins; values are masked, nothing is sent."""
        return Lookup(self._given, Machine.present()).explain()

    @property
    def reset_time(self) -> datetime | None:
        """Instant from which the present token is renewed; `None` before a login, and where none is needed."""
        return self._connection.refresh_at

    def with_options(self, *, timeout: TimeoutTypes = None, retries: int | Retry | None = None) -> Self:
        """
        Return a copy with other limits that shares credentials, connections and what is known of the server.

        Args:
            timeout: As `Client` takes it; `None` keeps this client's.
            retries: As `Client` takes it; `None` keeps this client's.

        Closing the copy leaves this client open; closing this client closes the copy.
        """
        return self.of(self._given.timed(timeout).repeating(retries), self._connection)

    # -- the server ----------------------------------------------------------------------------------------------------

    @property
    async def version(self) -> str:
        """
        The server's version, such as `"1.84.0"`; asked for once. It need not be numbers: `dev`, `1.84.0-rc1`.

        Wire: getConfig · specs/lakefs.yaml
        """
        return await self.facts.version(self.api)

    @property
    async def storage_config(self) -> ServerStorageConfiguration:
        """
        The server's store, or the default one of several; asked for once.

        Wire: getConfig · specs/lakefs.yaml
        """
        return await self.storage_config_by_id()

    async def storage_config_by_id(self, storage_id: str = "") -> ServerStorageConfiguration:
        """
        Return one of the server's stores.

        Args:
            storage_id: Its `blockstore_id`; empty for the only or default one.

        Raises:
            UnsafeInputError: The server has no such store; the message lists those that it has.

        Wire: getConfig · specs/lakefs.yaml
        """
        return ServerStorageConfiguration.of(store_by_id(await self.facts.config(self.api), storage_id))

    async def pre_signs(self, repository: str) -> bool:
        """Say whether a repository's objects can travel by presigned URLs; asks once a client, or once a repository
        where the server has several stores.

        Wire: getConfig, getRepository · specs/lakefs.yaml
        """
        return (await self.facts.store_of(self.api, repository)).pre_sign_support

    async def multiparts(self, repository: str) -> bool:
        """Say whether they can do so in parts; asks as `pre_signs` does."""
        return bool((await self.facts.store_of(self.api, repository)).pre_sign_multipart_upload)

    # -- life ----------------------------------------------------------------------------------------------------------

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`. Closing twice is fine."""
        self._closed = True
        if not self._is_copy:
            await self._connection.aclose()
        elif self._api is not None:
            await self._api.aclose()

    async def __aenter__(self) -> Self:
        self._refuse_closed()
        return self

    def __reduce__(self) -> tuple[object, ...]:
        credential = self._given.credential
        self._given.refuse_pickling_local()
        if isinstance(credential, AwsRole) and credential.session is not None:
            raise UnsafeInputError(
                "a client made from a boto session cannot be pickled",
                hint="make it on the far side, or set LAKECTL_CREDENTIALS_PROVIDER_TYPE=aws_iam there",
            )
        return (_rebuild, (type(self), self._given))


def _rebuild(cls: type[Client], given: Given) -> Client:
    return cls.of(given)


# -- clients of other credentials --------------------------------------------------------------------------------------


def from_aws_role(
    session: BotoSession | None = None,
    ttl_seconds: int = 3600,
    presigned_ttl: int = 60,
    additional_headers: Mapping[str, str] | None = None,
    **options: Unpack[ClientOptions],
) -> Client:
    """
    Make a client that logs in as an AWS role; nothing is sent before its first call.

    Needs lakeFS Enterprise. Unlike lakeFS's own package, the token is renewed before it runs out.

    Args:
        session: `boto3.Session`, or one of botocore's; without one, this machine's AWS keys are looked for.
        ttl_seconds: Life of a lakeFS token; the server may grant less.
        presigned_ttl: Seconds for which the server may use the proof of identity.
        additional_headers: Signed with it, in place of `X-LakeFS-Server-ID`; `{}` signs none.
        options: As `Client` takes them, without credentials.

    Raises:
        ConfigError: Other credentials are given too, or a value cannot be meant.

    Wire: externalPrincipalLogin · specs/lakefs.yaml
    """
    options = concealed(options)
    headers = None if additional_headers is None else dict(additional_headers)
    role = AwsRole(token_ttl=ttl_seconds, presign_ttl=presigned_ttl, headers=headers, session=session)
    return _with_credential(role, options)


def from_web_identity(
    code: str | Secret,
    state: str | Secret,
    redirect_uri: str,
    ttl_seconds: int = 3600,
    **options: Unpack[ClientOptions],
) -> Client:
    """
    Make a client out of a browser login; the code is traded for a token at the first call.

    Needs lakeFS Enterprise. The code is good once: when the token runs out, calls fail and say so.

    Args:
        code: What the identity provider handed to `redirect_uri`; providers let it run out after minutes.
        state: Likewise.
        redirect_uri: As it was sent to the identity provider.
        ttl_seconds: Life of the token, at most 12 hours.
        options: As `Client` takes them, without credentials.

    Raises:
        ConfigError: Other credentials are given too, or a value cannot be meant.

    Wire: stsLogin · specs/lakefs.yaml
    """
    options = concealed(options)
    code, state = Secret.of(code), Secret.of(state)
    identity = WebIdentity(code, state, redirect_uri, ttl_seconds)
    return _with_credential(identity, options)


def _with_credential(credential: Credential, options: ClientOptions) -> Client:
    given = Given.of(options)
    if given.credential is not None:
        raise ConfigError(f"{kind_of(credential)} and {kind_of(given.credential)} are both given; the server takes one")
    return Client.of(replace(given, credential=credential))


# -- the default client ------------------------------------------------------------------------------------------------

_lock = threading.Lock()
_default: Client | None = None


def init(**options: Unpack[ClientOptions]) -> Client:
    """
    Make the client that is used wherever none is given, and return it.

    A default client that exists already is replaced and stays open: things made with it keep it.

    Args:
        options: As `Client` takes them.
    """
    global _default
    options = concealed(options)
    client = Client(**options)
    with _lock:
        _default = client
    return client


def default_client() -> Client:
    """Return the default client; made without arguments where `init` was not called."""
    global _default
    with _lock:
        if _default is None:
            _default = Client()
        return _default


def current_default() -> Client | None:
    """Return the default client, if there is one yet."""
    return _default


def explain() -> Explanation:
    """Say where the default client's credentials come from; values are masked, nothing is sent."""
    return (_default or Client()).explain()
