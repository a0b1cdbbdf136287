"""What a client leaves behind when it is closed: nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from catchment import lakefs
from catchment.core.errors import CatchmentError
from catchment.lakefs import aio
from catchment.local import Fault
from catchment.local.server import Running
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack, place_of

LARGE = bytes(9 * 1024 * 1024)
OPEN_FILES = Path("/proc/self/fd")

pytestmark = pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="this system does not list a process's open files")


@pytest.fixture
def running(stack: WatchedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The stack on ports, and a folder for temporary files that starts empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with stack.serve() as served:
        yield served


def held() -> tuple[list[str], list[str], list[str]]:
    """Return temporary files by name, those without one, and threads; the stack's own folder apart."""
    gc.collect()
    named = [
        each.name for each in Path(tempfile.gettempdir()).iterdir() if not each.name.startswith("catchment-local-")
    ]
    nameless = []
    for link in OPEN_FILES.iterdir():
        with contextlib.suppress(OSError):  # the listing's own
            nameless += [str(link.readlink())] if "(deleted)" in str(link.readlink()) else []
    return sorted(named), sorted(nameless), sorted(each.name for each in threading.enumerate())


def trouble(stack: WatchedStack) -> None:
    """Plan failures of each kind."""
    stack.faults.add(
        Fault("reset", nth=3), Fault("status", nth=5, status=500), Fault("reset", service="objects", nth=2)
    )


def test_blocking_client(stack: WatchedStack, running: Running, tmp_path: Path) -> None:
    """No socket, no temporary file, no thread; after failures and half-read listings and files too."""
    before = held()
    with no_waiting(), lakefs.Client(**place_of(running)) as client:
        branch = lakefs.repository("flights", client).branch("main")
        for road in (False, True):
            trouble(stack)
            branch.upload((LARGE[:1024] for _ in range(9 * 1024)), "large", pre_sign=road)
            branch.download_file("large", tmp_path / "copy", pre_sign=road)
            with pytest.raises(CatchmentError):
                branch.download("missing", pre_sign=road)
            branch.open("large", "rb", pre_signed=road).read(10)
            next(branch.objects())
            stack.faults.clear()
    assert held() == before
    assert client_sockets(running) == 0


def test_awaited_client(stack: WatchedStack, running: Running, tmp_path: Path) -> None:
    """The same, and no task."""
    before = held()

    async def work() -> int:
        async with aio.Client(**place_of(running)) as client:
            branch = aio.repository("flights", client).branch("main")
            for road in (False, True):
                trouble(stack)
                await branch.upload((LARGE[:1024] for _ in range(9 * 1024)), "large", pre_sign=road)
                await branch.download_file("large", tmp_path / "copy", pre_sign=road)
                with pytest.raises(CatchmentError):
                    await branch.download("missing", pre_sign=road)
                await branch.open("large", "rb", pre_signed=road).read(10)
                listing = branch.objects()
                await listing.first()
                await listing.aclose()
                stack.faults.clear()
        return len(asyncio.all_tasks())

    with no_waiting():
        assert asyncio.run(work()) == 1
    assert held() == before
    assert client_sockets(running) == 0


def client_sockets(running: Running) -> int:
    """Count connections to the stack that a client of this process still holds."""
    gc.collect()
    ports = {int(running.endpoints["lakefs"].rpartition(":")[2]), int(running.object_endpoint.rpartition(":")[2])}
    count = 0
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket) and thing.fileno() >= 0 and thing.family == socket.AF_INET:
            try:
                count += thing.getpeername()[1] in ports
            except OSError:
                continue
    return count
