"""What is made of many calls of objects: files of any size, up, down and open."""

from __future__ import annotations

import os
from typing import Literal, overload

from catchment.core._async.files import BytesReader, TextReader
from catchment.core.parts import DEFAULT_PART
from catchment.core.progress import ProgressLike
from catchment.core.secret import Secret
from catchment.core.sources import AsyncUploadData
from catchment.v3io._async import objects as files
from catchment.v3io._async.client_core import AsyncClientCore
from catchment.v3io._async.object_calls import AsyncObjectCalls
from catchment.v3io._async.objects import WritableFile


class AsyncObjectFiles(AsyncObjectCalls):
    """Objects of any size."""

    __slots__ = ()

    _client: AsyncClientCore

    async def read(self, container: str, path: str, *, access_key: str | Secret | None = None) -> bytes:
        """
        Return an object's whole content; it must fit into memory. Large ones come as windows, several at once.

        Args:
            container: Its name, or its number.
            path: Of the object.
            access_key: For these calls, in place of the client's.

        Raises:
            ResourceNotFoundError: There is no such object.
            IntegrityError: It was changed while it was being read.

        Wire: getObject, headObject · specs/v3io.yaml
        """
        return await files.AsyncObjectRanges(lambda: self._client.api_for(access_key), container, path).read_all()

    async def download(
        self,
        container: str,
        path: str,
        target: str | os.PathLike[str] | WritableFile,
        *,
        progress: ProgressLike = None,
        access_key: str | Secret | None = None,
    ) -> int:
        """
        Write an object of any size to a local file, holding a few windows of it at most.

        A file given by its path appears when it is complete; until then, and if anything fails, an older one stays.

        Args:
            container: Its name, or its number.
            path: Of the object.
            target: Path whose folder exists, or a file open for writing bytes.
            progress: `True`, or called with (done, total) bytes; by default shown on a terminal for large objects.
            access_key: For these calls, in place of the client's.

        Returns:
            Bytes written.

        Raises:
            ResourceNotFoundError: There is no such object.
            IntegrityError: It was changed while it was being read.
            OSError: The local file cannot be written.

        Wire: getObject, headObject · specs/v3io.yaml
        """
        return await files.download(lambda: self._client.api_for(access_key), container, path, target, progress)

    async def upload(
        self,
        container: str,
        path: str,
        data: AsyncUploadData,
        *,
        append: bool = False,
        piece_size: int = DEFAULT_PART,
        progress: ProgressLike = None,
        access_key: str | Secret | None = None,
    ) -> int:
        """
        Write an object of any size, holding a few pieces of it at most.

        What has a length of up to 5 GB replaces the object at once, in one request. Anything else (iterables, pipes,
        text files, larger files) replaces it by its first piece and appends the others: readers see it grow, and where
        that fails, it holds what came before. Nobody else may write to the object meanwhile: its size tells, after an
        answer was lost, whether a piece was appended, so that none is appended twice; and it is compared at the end.

        Args:
            container: Its name, or its number.
            path: Of the object; folders above it are made.
            data: Bytes, text (stored as UTF-8), a path to a local file, an open file, or an iterable of byte pieces.
            append: Add to what is there, instead of replacing it.
            piece_size: Bytes of a piece; 8 MiB by default.
            progress: `True`, or called with (done, total) bytes; by default shown on a terminal for large files.
            access_key: For these calls, in place of the client's.

        Returns:
            Bytes written.

        Raises:
            IntegrityError: The object is of another size than what was written to it.
            OutcomeUnknownError: An answer was lost, and the object's size does not tell whether a piece was appended.
            OSError: A local file cannot be read; nothing was sent.

        Wire: putObject; or putObject, appendObject and headObject · specs/v3io.yaml
        """
        return await files.upload(
            lambda: self._client.api_for(access_key),
            container,
            path,
            data,
            append=append,
            piece_size=piece_size,
            progress=progress,
        )

    @overload
    def open(
        self,
        container: str,
        path: str,
        mode: Literal["rb"] = "rb",
        *,
        encoding: None = None,
        access_key: str | Secret | None = None,
    ) -> BytesReader: ...
    @overload
    def open(
        self,
        container: str,
        path: str,
        mode: Literal["r"],
        *,
        encoding: str | None = None,
        access_key: str | Secret | None = None,
    ) -> TextReader: ...
    def open(
        self,
        container: str,
        path: str,
        mode: Literal["r", "rb"] = "rb",
        *,
        encoding: str | None = None,
        access_key: str | Secret | None = None,
    ) -> TextReader | BytesReader:
        """
        Open an object for reading; nothing is sent before the first read, and any byte can be reached.

        Args:
            container: Its name, or its number.
            path: Of the object.
            mode: `"rb"` for bytes, `"r"` for text.
            encoding: Of text; UTF-8 if left out.
            access_key: For these calls, in place of the client's.

        Wire: getObject, headObject · specs/v3io.yaml
        """
        return files.open_object(lambda: self._client.api_for(access_key), container, path, mode, encoding)
