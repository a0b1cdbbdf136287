"""Calls that are encoded at once and sent together."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from catchment.core import forks
from catchment.core._async.api import AsyncApiClient
from catchment.core.errors import UnsafeInputError
from catchment.core.secret import Secret
from catchment.v3io._async.stream_calls import AsyncStreamCalls
from catchment.v3io._async.window import carry_out
from catchment.v3io._sync.container_calls import ContainerCalls
from catchment.v3io._sync.flat import FlatCalls
from catchment.v3io._sync.item_calls import ItemCalls
from catchment.v3io._sync.object_calls import ObjectCalls
from catchment.v3io._sync.stream_calls import StreamCalls
from catchment.v3io.calls import objects, streams
from catchment.v3io.calls.plan import Planned
from catchment.v3io.paths import stream_target
from catchment.v3io.queued import Queued, responses_of
from catchment.v3io.response import RaiseForStatus, RaiseForStatusTypes, Response, Responses, check_wanted

T = TypeVar("T")


class AsyncOwner(Protocol):
    """What a batch needs of its client."""

    @property
    def stream(self) -> AsyncStreamCalls:
        """Calls of streams, which may take several requests."""
        ...

    @property
    def max_connections(self) -> int:
        """Connections to the platform at most."""
        ...

    def api_for(self, access_key: str | Secret | None) -> AsyncApiClient:
        """Return what sends a call."""
        ...


class AsyncBatch(FlatCalls):
    """
    Calls that are checked and encoded when they are made, and sent by `wait`.

    Every call of the client is there, flat and in `container`, `object`, `kv` and `stream`, and none of them blocks.
    Each returns its response, which `wait` fills. `put_items` counts as a call for each item. A batch can be used again
    after `wait`, whatever became of it. Threads may share one: `wait` sends what has been queued until then.

    Args:
        client: What sends.
    """

    def __init__(self, client: AsyncOwner) -> None:
        self._client = client
        self._waiting: deque[Queued[Any]] = deque()
        self._born = forks.generation
        self.container = ContainerCalls(self)
        self.object = ObjectCalls(self)
        self.kv = ItemCalls(self)
        self.stream = _StreamsLater(self, client)
        self._object, self._kv, self._stream = self.object, self.kv, self.stream

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {len(self)} calls waiting>"

    def __len__(self) -> int:
        return len(self._own())

    def __bool__(self) -> bool:
        return True

    async def wait(self, raise_for_status: RaiseForStatusTypes = None) -> Responses[Any]:
        """
        Send all calls, at most `max_connections` at once, and return their responses in the order of the calls.

        Calls are independent: each gets its answer, or its error, whatever becomes of the others, and each is repeated
        by the same rules as outside a batch. They may be carried out in any order.

        Args:
            raise_for_status: Which answers are raised, where a call has said nothing of its own; see `RaiseForStatus`.

        Raises:
            HttpResponseError: The one answer that was not acceptable. `responses` of this and every other error are
                those of all calls.
            CatchmentError: The one call without an answer.
            BatchError: Several calls failed. Where all of them have an answer, it is an `HttpResponseError` too.
        """
        waiting = self._own()
        queued: list[Queued[Any]] = []
        wanted = check_wanted(raise_for_status)
        while waiting:
            call = waiting.popleft()
            call.wanted = wanted if call.wanted is None else check_wanted(call.wanted)
            queued.append(call)
        await carry_out(queued, lambda call: self._client.api_for(call.access_key), self._client.max_connections)
        return responses_of(queued)

    def clear(self) -> None:
        """Forget the calls that wait; nothing of them is sent."""
        self._own().clear()

    def perform(
        self,
        plan: Planned[T],
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[T]:
        """
        Queue a call and return the response that `wait` fills.

        Args:
            plan: Made by `catchment.v3io.calls`.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised, whatever `wait` says.
            transport_actions: Not in a batch, which itself says when its calls are sent.

        Raises:
            UnsafeInputError: `transport_actions` was given.
        """
        if transport_actions is not None:
            raise UnsafeInputError("a batch sends its calls in wait(); leave transport_actions out")
        return self.later(plan, access_key, raise_for_status)

    def later(
        self,
        plan: Planned[T],
        access_key: str | Secret | None,
        raise_for_status: RaiseForStatusTypes,
        steps: Callable[[RaiseForStatusTypes], Awaitable[Response[T]]] | None = None,
    ) -> Response[T]:
        """
        Queue a call, or one that takes several requests.

        Args:
            plan: The call, or the last of the requests.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised.
            steps: Makes the requests.
        """
        key = None if access_key is None else Secret.of(access_key)
        # `always` is a wish too, which `wait` is not asked about.
        always = raise_for_status is RaiseForStatus.always
        wanted = raise_for_status if always else check_wanted(raise_for_status)
        call = Queued(plan, plan.pending(), key, wanted, steps)
        self._own().append(call)
        return call.response

    def _own(self) -> deque[Queued[Any]]:
        """Return this process's calls; those that waited when it was forked off are its parent's to send."""
        if self._born != forks.generation:
            self._born, self._waiting = forks.generation, deque()
        return self._waiting


class _StreamsLater(StreamCalls):
    """Calls of streams in a batch; what takes several requests is made by the client."""

    __slots__ = ("_batch", "_client")

    def __init__(self, batch: AsyncBatch, client: AsyncOwner) -> None:
        super().__init__(batch)
        self._batch = batch
        self._client = client

    def _create(
        self,
        container: str,
        stream_path: str,
        shard_count: int,
        retention_period_hours: int | None,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        if transport_actions is not None:
            raise UnsafeInputError("a batch sends its calls in wait(); leave transport_actions out")
        plan = streams.create(stream_target(container, stream_path), shard_count, retention_period_hours)

        def steps(wanted: RaiseForStatusTypes) -> Awaitable[Response[None]]:
            stream = self._client.stream
            return stream.create(container, stream_path, shard_count, access_key, wanted, None, retention_period_hours)

        return self._batch.later(plan, access_key, raise_for_status, steps)

    def _delete(
        self,
        container: str,
        stream_path: str,
        access_key: str | Secret | None,
        raise_for_status: RaiseForStatusTypes,
    ) -> Response[None]:
        plan = objects.delete(stream_target(container, stream_path))

        def steps(wanted: RaiseForStatusTypes) -> Awaitable[Response[None]]:
            return self._client.stream.delete(container, stream_path, access_key, wanted)

        return self._batch.later(plan, access_key, raise_for_status, steps)
