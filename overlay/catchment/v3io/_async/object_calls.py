"""Calls of objects, one request each."""

from __future__ import annotations

from collections.abc import Sequence

from catchment.core.secret import Secret
from catchment.core.wire import AsyncContent
from catchment.v3io._async.base import AsyncCalls
from catchment.v3io.calls import objects
from catchment.v3io.paths import inode_target, object_target
from catchment.v3io.response import RaiseForStatusTypes, Response


class AsyncObjectCalls(AsyncCalls):
    """Objects: bytes under a path."""

    __slots__ = ()

    async def get(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        offset: int | None = None,
        num_bytes: int | None = None,
    ) -> Response[None]:
        """
        Read an object into memory, at most 256 MiB; it is the response's `body`.

        Args:
            container: Its name, or its number.
            path: Of the object.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            offset: First byte; 0 by default.
            num_bytes: Bytes from there on; all by default. Where the object ends before, the status is 200 rather than
                206, and the body what there is.

        Raises:
            ResourceNotFoundError: There is no such object.

        Wire: getObject · specs/v3io.yaml
        """
        plan = objects.get(object_target(container, path), offset, num_bytes)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def put(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        body: AsyncContent | None = None,
        append: bool | None = None,
    ) -> Response[None]:
        """
        Write an object, replacing what is there; its attributes stay. Folders above it are made.

        Args:
            container: Its name, or its number.
            path: Of the object. With a slash at its end, a folder is made.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            body: Bytes, text (sent as UTF-8), a file opened in binary mode or an iterable of bytes; at most 5 GB.
            append: Add to the object's end, which makes it where it is missing. Never repeated after doubt.

        Raises:
            OutcomeUnknownError: The answer to an append was lost; compare the object's size.

        Wire: putObject, appendObject · specs/v3io.yaml
        """
        plan = objects.put(object_target(container, path), body, append)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def delete(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Delete an object, an item or an empty folder.

        Args:
            container: Its name, or its number.
            path: Of the object or the folder.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            ResourceNotFoundError: There is nothing of this name.
            DirectoryNotEmptyError: The folder holds something.

        Wire: deleteObject · specs/v3io.yaml
        """
        return await self._carrier.perform(
            objects.delete(object_target(container, path)), access_key, raise_for_status, transport_actions
        )

    async def head(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Ask for an object's headers: `Content-Length`, `Last-Modified`, `X-v3io-transaction-verifier`.

        Args:
            container: Its name, or its number.
            path: Of the object; a folder's length is 0.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            ResourceNotFoundError: There is nothing of this name.

        Wire: headObject · specs/v3io.yaml
        """
        return await self._carrier.perform(
            objects.head(object_target(container, path)), access_key, raise_for_status, transport_actions
        )

    async def get_by_inode(
        self,
        container: str,
        inode: int,
        ctime_sec: int,
        ctime_nsec: int,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        offset: int | None = None,
        num_bytes: int | None = None,
    ) -> Response[None]:
        """
        Read an object by the number of its inode, which no renaming changes.

        Args:
            container: Its name, or its number.
            inode: Its number, as listings and `__inode_number` tell it.
            ctime_sec: Seconds of the object's creation, which tell it from others that had this number.
            ctime_nsec: Nanoseconds beyond them.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            offset: First byte; 0 by default.
            num_bytes: Bytes from there on; all by default.

        Wire: getObjectByInode · specs/v3io.yaml
        """
        plan = objects.get_by_inode(inode_target(container, inode), ctime_sec, ctime_nsec, offset, num_bytes)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def set_attributes(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        atime: tuple[int, int] | None = None,
        mtime: tuple[int, int] | None = None,
        ctime: tuple[int, int] | None = None,
    ) -> Response[None]:
        """
        Set mode, owner and times of a file or folder; what is left out stays. Ordinary users are refused (403).

        Args:
            container: Its name, or its number.
            path: Of the file or folder.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            mode: Permission bits, such as `0o644`.
            uid: Number of the owner.
            gid: Number of the group.
            atime: Last access: seconds and nanoseconds since 1970.
            mtime: Last change: seconds and nanoseconds since 1970.
            ctime: Creation: seconds and nanoseconds since 1970.

        Raises:
            AccessDeniedError: The user may not.

        Wire: setAttributes · specs/v3io.yaml
        """
        times = {"atime": atime, "mtime": mtime, "ctime": ctime}
        plan = objects.attributes(object_target(container, path), mode, uid, gid, times)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def put_scattered(
        self,
        container: str,
        path: str,
        pieces: Sequence[bytes],
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Write an object of a header and further pieces in one request. Never repeated after doubt.

        Args:
            container: Its name, or its number.
            path: Of the object.
            pieces: The first is the object's own header.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            OutcomeUnknownError: The answer was lost; read the object.

        Wire: scatterWrite · specs/v3io.yaml
        """
        plan = objects.scattered(object_target(container, path), pieces)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def put_chunk(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        data: bytes | None = None,
        sequence_number: int | None = None,
        offset: int | None = None,
        metadata: str | None = None,
        current_metadata: str | None = None,
    ) -> Response[None]:
        """
        Write one chunk of an object, as the platform's own services do. Never repeated after doubt.

        Args:
            container: Its name, or its number.
            path: Of the object.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            data: Bytes of the chunk.
            sequence_number: Number of the chunk.
            offset: Where the chunk begins.
            metadata: Stored with the object.
            current_metadata: What must be stored with it now.

        Raises:
            OutcomeUnknownError: The answer was lost; read the object.

        Wire: putChunk · specs/v3io.yaml
        """
        target = object_target(container, path)
        plan = objects.chunk(target, data, sequence_number, offset, metadata, current_metadata)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)
